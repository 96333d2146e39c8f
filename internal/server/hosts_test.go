package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	named := Hosts{"api.example.com", ".example.org", "203.0.113.7", "2001:db8::1"}
	for name, c := range map[string]struct {
		hosts Hosts
		host  string
		path  string
		want  int
	}{
		"no list":                      {nil, "anything.example", "/", 200},
		"all":                          {Hosts{"*"}, "anything.example", "/", 200},
		"listed":                       {named, "api.example.com", "/", 200},
		"in other letters":             {named, "API.Example.COM", "/", 200},
		"with a port":                  {named, "api.example.com:8443", "/", 200},
		"with a dot at its end":        {named, "api.example.com.", "/", 200},
		"below one that is not for it": {named, "a.api.example.com", "/", 421},
		"that ends like one":           {named, "evil-api.example.com", "/", 421},
		"a domain":                     {named, "example.org", "/", 200},
		"below a domain":               {named, "a.b.example.org", "/", 200},
		"that ends like a domain":      {named, "evilexample.org", "/", 421},
		"an address":                   {named, "203.0.113.7:80", "/", 200},
		"an IPv6 address":              {named, "[2001:db8::1]:80", "/", 200},
		"another":                      {named, "evil.example", "/graphql", 421},
		"none":                         {named, "", "/", 421},
		"liveness, by any name":        {named, "10.0.0.3:8080", "/healthz", 200},
		"readiness, by any name":       {named, "10.0.0.3:8080", "/readyz", 200},
		"the original's, by any name":  {named, "10.0.0.3:8080", "/api/v1/health/", 200},
		"metrics, by any name":         {named, "10.0.0.3:8080", "/metrics", 200},
		"what begins like health":      {named, "10.0.0.3:8080", "/healthz/more", 421},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, http.NoBody)
			r.Host = c.host
			w := httptest.NewRecorder()
			c.hosts.restrict(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("%q is answered with %d, want %d", c.host, w.Code, c.want)
			}
		})
	}
}
