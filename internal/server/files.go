package server

import (
	"context"
	"io"
	"net/http"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
)

// Files are the lasting addresses of artifacts: the owner's, which need a session, and shared ones. Both redirect to
// a signed address.
type Files struct {
	// Artifact finds an artifact of a person, OpenShared one that a link shows, counting the view.
	Artifact   func(ctx context.Context, user oid.User, id string) (*ent.Artifact, error)
	OpenShared func(ctx context.Context, token string) (*ent.Artifact, error)
	// Address signs where a file can be fetched; nil for a text.
	Address func(ctx context.Context, a *ent.Artifact) (*file.Address, error)
}

// own redirects the owner to an artifact's file.
func (f Files) own(w http.ResponseWriter, r *http.Request) {
	p, err := auth.Require(r.Context())
	if err != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "Sign in to see this file.", http.StatusUnauthorized)
		return
	}
	a, err := f.Artifact(r.Context(), p.User, r.PathValue("id"))
	f.send(w, r, a, err)
}

// shared redirects whoever has a link to the file it shows.
func (f Files) shared(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Robots-Tag", "noindex")
	a, err := f.OpenShared(r.Context(), r.PathValue("token"))
	f.send(w, r, a, err)
}

func (f Files) send(w http.ResponseWriter, r *http.Request, a *ent.Artifact, err error) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if err == nil && a.Text != nil {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, *a.Text) // A reader who has gone needs no error.
		return
	}
	var address *file.Address
	if err == nil {
		address, err = f.Address(r.Context(), a)
	}
	switch {
	case errs.CodeOf(err) == errs.NotFound, err == nil && address == nil:
		http.Error(w, "There is nothing here.", http.StatusNotFound)
	case err != nil:
		http.Error(w, "The file cannot be fetched for now.", http.StatusServiceUnavailable)
	default:
		http.Redirect(w, r, address.URL, http.StatusFound)
	}
}
