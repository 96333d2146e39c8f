package server

import (
	"context"
	_ "embed" // the sign-in page
	"net/http"
	"strings"
	"time"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/oid"
)

//go:embed admin.html
var signInPage []byte

const (
	// adminCookie carries the access token of an operator's browser, below /admin only.
	adminCookie = "weav_admin"
	// maxAct bounds the body of a request to the queue's page: some thousands of ids.
	maxAct = 64 << 10
	// maxTokenForm bounds the body of the sign-in form.
	maxTokenForm = 8 << 10
	// signInPolicy lets the sign-in page load nothing and submit its form only here.
	signInPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
	// pagesPolicy allows what the queue's page needs: its own scripts and styles.
	pagesPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
)

// Admin are the pages of operators below /admin/. A browser has its access token in a cookie that scripts
// cannot read and that is sent to no other path; scripts send the token as a bearer token. Session and role
// are checked with every request, so a user who is signed out or is no operator any more loses access at
// once.
type Admin struct {
	// Jobs is the page of the queue, below /admin/jobs; nil serves no pages at all.
	Jobs http.Handler
	// Authenticate returns the principal of a token, IsAdmin whether a user is an operator.
	Authenticate func(ctx context.Context, token string) (auth.Principal, error)
	IsAdmin      func(ctx context.Context, user oid.User) (bool, error)
	// Note writes a request that an operator makes to the queue's page into the audit log, with its body. A
	// request that cannot be recorded is not executed.
	Note func(ctx context.Context, actor oid.User, what, detail string) error
}

// Handler returns the routes below /admin/.
func (a Admin) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /admin/session", a.signIn)
	mux.HandleFunc("POST /admin/sign-out", a.signOut)
	mux.HandleFunc("GET /admin/{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/admin/jobs/", http.StatusFound)
	})
	mux.Handle("/admin/jobs/", a.guard(a.Jobs))
	mux.Handle("GET /admin/jobs", http.RedirectHandler("/admin/jobs/", http.StatusFound))
	return http.NewCrossOriginProtection().Handler(hardened(mux))
}

// hardened sets the security headers that all of these pages share.
func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", pagesPolicy)
		next.ServeHTTP(w, r)
	})
}

// guard passes requests of operators. A request without a session gets the sign-in page; a user who is no
// operator gets 404, so that the pages do not show that they exist.
func (a Admin) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := adminToken(r)
		p, err := a.Authenticate(r.Context(), token)
		if token == "" || err != nil {
			askToSignIn(w)
			return
		}
		switch ok, err := a.IsAdmin(r.Context(), p.User); {
		case err != nil:
			refuse(w, r, http.StatusServiceUnavailable, "Operators cannot be told for now.")
		case !ok:
			http.NotFound(w, r)
		case a.audited(w, r, p.User):
			next.ServeHTTP(w, r)
		}
	})
}

// adminToken returns the token of a request: from a script's header, or from a browser's cookie.
func adminToken(r *http.Request) string {
	if token, given := Bearer(r.Header.Get("Authorization")); given {
		return token
	}
	c, err := r.Cookie(adminCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// askToSignIn answers with the sign-in page.
func askToSignIn(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", signInPolicy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("WWW-Authenticate", "Bearer")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write(signInPage) // An error means that the client has left.
}

// signIn takes an access token from the form and sets the cookie, if the token belongs to an operator. The
// cookie expires with the token.
func (a Admin) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxTokenForm)
	token := strings.TrimSpace(r.PostFormValue("token"))
	p, err := a.Authenticate(r.Context(), token)
	if token == "" || err != nil {
		askToSignIn(w)
		return
	}
	if ok, err := a.IsAdmin(r.Context(), p.User); err != nil || !ok {
		http.NotFound(w, r)
		return
	}
	http.SetCookie(w, cookie(r, token, p.ExpiresAt))
	http.Redirect(w, r, "/admin/jobs/", http.StatusSeeOther)
}

// signOut removes the cookie. The session itself continues.
func (Admin) signOut(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, cookie(r, "", time.Unix(1, 0)))
	http.Redirect(w, r, "/admin/", http.StatusSeeOther)
}

// cookie is limited to /admin and to requests from the same site. Behind a proxy that terminates TLS it is
// Secure by X-Forwarded-Proto: a forged header can only make it stricter.
func cookie(r *http.Request, token string, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: adminCookie, Value: token, Path: "/admin", Expires: expires, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
}
