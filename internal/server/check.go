package server

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxCredentials bounds Authorization and the cookie of /admin, in bytes. The longest tokens have about
// 2,000.
const maxCredentials = 8 << 10

// checkInput refuses requests that no handler can use, so that none of them has to check: paths that no text
// column can store name nothing, and credentials of that length are invalid.
func checkInput(next http.Handler) http.Handler {
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

// credentialBytes is the size of a request's credentials.
func credentialBytes(r *http.Request) (n int) {
	for _, value := range r.Header.Values("Authorization") {
		n += len(value)
	}
	for _, c := range r.CookiesNamed(adminCookie) {
		n += len(c.Value)
	}
	return n
}

// hasStorableAddress reports whether the parts of a URL are texts that a database can store. The query is
// checked below /admin only: GraphQL has errors of its own for it, and no other handler reads one.
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

// isStorable reports whether a text column takes s: Postgres takes neither NUL nor invalid UTF-8.
func isStorable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
