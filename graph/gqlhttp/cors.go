package gqlhttp

import (
	"net/http"
	"net/url"
	"strings"
)

// What pages of the listed origins may send and read. Authorization is a header like
// any other here: no cookies, so no credentials.
const (
	corsMethods = "GET, POST"
	corsHeaders = "authorization, content-type, x-request-id, apollo-require-preflight, x-apollo-operation-name"
	corsExposed = "X-Request-Id, Retry-After"
	corsMaxAge  = "7200" // seconds; browsers keep a preflight answer no longer
)

// CORS lets pages of the listed origins, and no others, read responses. An origin is
// scheme://host[:port] as a browser sends it; there is no wildcard. The page of an
// unlisted origin gets its preflight refused with 403.
func CORS(origins []string) func(http.Handler) http.Handler {
	listed := originSet(origins)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Origin")
			origin := r.Header.Get("Origin")
			allowed := listed[canonicalOrigin(origin)]
			if allowed {
				w.Header().Set("Access-Control-Allow-Origin", origin)
				w.Header().Set("Access-Control-Expose-Headers", corsExposed)
			}
			if isPreflight(r) {
				answerPreflight(w, allowed)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions &&
		r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

func answerPreflight(w http.ResponseWriter, allowed bool) {
	h := w.Header()
	h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	if !allowed {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", corsMaxAge)
	w.WriteHeader(http.StatusNoContent)
}

// OriginAllowed returns the check of a WebSocket handshake's Origin, which CORS does
// not cover. It passes the listed origins, the server's own, and clients that send
// none because they are not browsers.
func OriginAllowed(origins []string) func(*http.Request) bool {
	listed := originSet(origins)
	return func(r *http.Request) bool {
		origin := r.Header.Get("Origin")
		if origin == "" || listed[canonicalOrigin(origin)] {
			return true
		}
		// A proxy may have ended TLS, so only the host can be compared.
		u, err := url.Parse(origin)
		return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
	}
}

func originSet(origins []string) map[string]bool {
	set := make(map[string]bool, len(origins))
	for _, origin := range origins {
		set[canonicalOrigin(origin)] = true
	}
	// "null" is what sandboxed frames and local files of anybody send.
	delete(set, "null")
	delete(set, "")
	return set
}

// canonicalOrigin evens out how people write an origin: case and a slash at the end.
func canonicalOrigin(origin string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(origin), "/"))
}
