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
	// maxAct bounds what may be sent to the queue's page: some thousands of ids.
	maxAct = 64 << 10
	// maxTokenForm bounds what the sign-in form may send.
	maxTokenForm = 8 << 10
	// signInPolicy lets the sign-in page do nothing but be looked at and sent back.
	signInPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
	// pagesPolicy is what the queue's page needs: its own scripts and styles.
	pagesPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
)

// Admin are the pages of operators, below /admin/. A browser holds its access token in a cookie that no script reads
// and no other path sees; scripts send it as a bearer token. Both are checked with every request, so who is signed
// out or no longer an operator is out at once.
type Admin struct {
	// Jobs is the page over the queue, below /admin/jobs; nil serves no pages at all.
	Jobs http.Handler
	// Authenticate tells who a token stands for, IsAdmin whether they are an operator.
	Authenticate func(ctx context.Context, token string) (auth.Principal, error)
	IsAdmin      func(ctx context.Context, user oid.User) (bool, error)
	// Note writes into the audit log what an operator has the queue's page do: the request, and what it sends. What it
	// cannot write is not done.
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

// hardened sets what all of these pages have in common.
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

// guard lets operators pass. Who is not signed in is asked to; for anybody else there is nothing here.
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
		case a.noted(w, r, p.User):
			next.ServeHTTP(w, r)
		}
	})
}

// adminToken is the token of a request: a script's header, or a browser's cookie.
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

func askToSignIn(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", signInPolicy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("WWW-Authenticate", "Bearer")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write(signInPage) // A reader who has gone needs no error.
}

// signIn takes an access token from the form and keeps it in the cookie, if it is an operator's.
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

// signOut forgets the cookie. The session itself goes on.
func (Admin) signOut(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, cookie(r, "", time.Unix(1, 0)))
	http.Redirect(w, r, "/admin/", http.StatusSeeOther)
}

func cookie(r *http.Request, token string, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: adminCookie, Value: token, Path: "/admin", Expires: expires, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	}
}
