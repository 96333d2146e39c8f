package server

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// Hosts are the names that a server answers to, against DNS rebinding and caches that another name poisons: each is a name, an
// address, or .example.com for that name and all below it. None stands for all, and so does "*".
type Hosts []string

// byAddress are the paths that machines ask by an address that no list knows, such as a container's: they answer under any name.
var byAddress = []string{"/healthz", "/readyz", "/api/v1/health/", "/metrics"}

// only refuses requests for a name that is not the server's.
func (h Hosts) only(next http.Handler) http.Handler {
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

// has says whether a Host header names the server.
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
