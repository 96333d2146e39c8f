package server

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxCredentials bounds Authorization, and the cookie of /admin, in bytes: the longest tokens have some 2,000.
const maxCredentials = 8 << 10

// door refuses what no part behind it can take, so that none of them has to look: addresses that no text column holds are
// addresses of nothing, and credentials that long are none.
func door(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case credentialBytes(r) > maxCredentials:
			refuse(w, r, http.StatusRequestHeaderFieldsTooLarge, "Authorization is longer than 8 KiB.")
		case !hasStorableAddress(r.URL):
			http.NotFound(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// credentialBytes is how much a request says about who sends it.
func credentialBytes(r *http.Request) (n int) {
	for _, value := range r.Header.Values("Authorization") {
		n += len(value)
	}
	for _, c := range r.CookiesNamed(adminCookie) {
		n += len(c.Value)
	}
	return n
}

// hasStorableAddress says whether the pieces of an address are texts that a database takes. The query counts below /admin alone:
// GraphQL's has errors of its own, and nobody else reads one.
func hasStorableAddress(u *url.URL) bool {
	if !isStorable(u.Path) {
		return false
	}
	if !strings.HasPrefix(u.Path, "/admin") {
		return true
	}
	for name, values := range u.Query() {
		if !isStorable(name) || !isStorable(strings.Join(values, "")) {
			return false
		}
	}
	return true
}

// isStorable says whether a text column takes s: Postgres takes neither NUL nor bytes that are no UTF-8.
func isStorable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
