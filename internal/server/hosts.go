package server

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// Hosts are the names under which the server answers, against DNS rebinding and cache poisoning by another
// name. Each is a name, an address, or .example.com for that name and all below it. An empty list and "*"
// allow all.
type Hosts []string

// byAddress are the paths that machines request by an address that no list knows, such as a container's: they
// are served under any name.
var byAddress = []string{"/healthz", "/readyz", "/api/v1/health/", "/metrics"}

// restrict refuses requests for other names.
func (h Hosts) restrict(next http.Handler) http.Handler {
	if len(h) == 0 || slices.Contains(h, "*") {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.has(r.Host) || slices.Contains(byAddress, r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		refuse(w, r, http.StatusMisdirectedRequest, "This server does not answer to that name.")
	})
}

// has reports whether a Host header names the server.
func (h Hosts) has(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	return slices.ContainsFunc(h, func(allowed string) bool {
		allowed = strings.ToLower(allowed)
		return host == strings.TrimPrefix(allowed, ".") || strings.HasPrefix(allowed, ".") && strings.HasSuffix(host, allowed)
	})
}
