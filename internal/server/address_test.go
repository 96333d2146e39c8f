package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestClientAddress(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{
		netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("fd00::/8"),
	}
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		trusted   []netip.Prefix
		want      string
	}{
		"a direct client":                     {"203.0.113.7:4711", nil, nil, "203.0.113.7"},
		"a direct client that claims another": {"203.0.113.7:4711", []string{"198.51.100.1"}, nil, "203.0.113.7"},
		"a stranger before trusted proxies":   {"203.0.113.7:4711", []string{"198.51.100.1"}, proxies, "203.0.113.7"},
		"nobody is trusted by default":        {"127.0.0.1:4711", []string{"198.51.100.1"}, nil, "127.0.0.1"},
		"behind a proxy":                      {"127.0.0.1:4711", []string{"198.51.100.1"}, proxies, "198.51.100.1"},
		"behind two proxies":                  {"127.0.0.1:4711", []string{"198.51.100.1, 172.18.0.1"}, proxies, "198.51.100.1"},
		"a client that claims another":        {"127.0.0.1:4711", []string{"8.8.8.8, 198.51.100.1, 172.18.0.1"}, proxies, "198.51.100.1"},
		"a client that claims to be a proxy":  {"127.0.0.1:4711", []string{"172.16.0.9, 198.51.100.1"}, proxies, "198.51.100.1"},
		"the header in several lines":         {"127.0.0.1:4711", []string{"8.8.8.8", "198.51.100.1", "172.18.0.1"}, proxies, "198.51.100.1"},
		"proxies alone":                       {"127.0.0.1:4711", []string{"172.18.0.2, 172.18.0.1"}, proxies, "172.18.0.2"},
		"a proxy without the header":          {"127.0.0.1:4711", nil, proxies, "127.0.0.1"},
		"an empty header":                     {"127.0.0.1:4711", []string{""}, proxies, "127.0.0.1"},
		"nonsense from a proxy":               {"127.0.0.1:4711", []string{"198.51.100.1, nonsense, 172.18.0.1"}, proxies, "172.18.0.1"},
		"a hop with its port":                 {"127.0.0.1:4711", []string{"198.51.100.1:1234"}, proxies, "198.51.100.1"},
		"IPv6":                                {"[2001:db8:1:2:3:4:5:6]:4711", nil, nil, "2001:db8:1:2::/64"},
		"IPv6 behind a proxy":                 {"[fd00::1]:4711", []string{"2001:db8:1:2::9"}, proxies, "2001:db8:1:2::/64"},
		"IPv6 with a port behind a proxy":     {"[fd00::1]:4711", []string{"[2001:db8:1:2::9]:1234"}, proxies, "2001:db8:1:2::/64"},
		"IPv6 with a zone":                    {"[fe80::1%eth0]:4711", nil, nil, "fe80::/64"},
		"IPv4 written as IPv6":                {"[::ffff:127.0.0.1]:4711", []string{"::ffff:198.51.100.1"}, proxies, "198.51.100.1"},
		"no address":                          {"@", []string{"198.51.100.1"}, proxies, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := "the handler was not called"
			h := Options{TrustedProxies: c.trusted}.withClientAddress(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got = ClientAddress(r.Context())
			}))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/graphql", http.NoBody)
			r.RemoteAddr = c.peer
			for _, line := range c.forwarded {
				r.Header.Add("X-Forwarded-For", line)
			}
			h.ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want {
				t.Errorf("the address is %q, want %q", got, c.want)
			}
		})
	}
}
