package server

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
)

// Files are the lasting addresses of artifacts, which redirect to signed ones.
type Files struct {
	// Own finds an artifact of a user, Shared one by a share link, which counts the view.
	Own    func(ctx context.Context, user oid.User, id string) (file.Target, error)
	Shared func(ctx context.Context, token string) (file.Target, error)
	// Limit counts a request, and fails when it exceeds the rate.
	Limit func(ctx context.Context) error
}

// limited applies the rate limit of operations to requests.
func (f Files) limited(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := f.Limit(r.Context())
		if err == nil {
			next(w, r)
			return
		}
		tooMany(w, r, err)
	}
}

// tooMany answers a request that a limit refused. Retry-After is rounded up, so that a client that waits is
// not refused again.
func tooMany(w http.ResponseWriter, r *http.Request, err error) {
	var e *errs.Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	status := http.StatusServiceUnavailable
	if errs.CodeOf(err) == errs.RateLimited {
		status = http.StatusTooManyRequests
	}
	refuse(w, r, status, "Too many requests. Try again later.")
}

// own redirects the owner to an artifact's file.
func (f Files) own(w http.ResponseWriter, r *http.Request) {
	p, err := auth.Require(r.Context())
	if err != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, r, http.StatusUnauthorized, "Sign in to see this file.")
		return
	}
	if p.Grant != nil && !slices.Contains(p.Grant.Scopes, "READ") {
		refuse(w, r, http.StatusForbidden, "This API key does not have the scope READ.")
		return
	}
	to, err := f.Own(r.Context(), p.User, r.PathValue("id"))
	send(w, r, to, err)
}

// shared redirects the holder of a link to the file it shows.
func (f Files) shared(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Robots-Tag", "noindex")
	to, err := f.Shared(r.Context(), r.PathValue("token"))
	send(w, r, to, err)
}

// send answers with a redirect, or with the text of a text artifact. Neither may be stored by caches, since a
// link can be revoked and a signed URL expires.
func send(w http.ResponseWriter, r *http.Request, to file.Target, err error) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case errs.CodeOf(err) == errs.NotFound:
		refuse(w, r, http.StatusNotFound, "There is nothing here.")
	case err != nil:
		refuse(w, r, http.StatusServiceUnavailable, "The file cannot be fetched for now.")
	case to.Text != nil:
		h.Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, *to.Text) // A reader who has gone needs no error.
	default:
		http.Redirect(w, r, to.URL, http.StatusFound)
	}
}
