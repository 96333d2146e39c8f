package auth_test

import (
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

func TestPrincipal(t *testing.T) {
	t.Parallel()
	want := auth.Principal{User: oid.New[oid.User](), Session: oid.New[oid.Session](), ExpiresAt: time.Unix(1, 0).UTC()}
	ctx := auth.With(t.Context(), want)
	if got, ok := auth.From(ctx); !ok || got != want {
		t.Errorf("From = %v, %t, want %v", got, ok, want)
	}
	if got, err := auth.Require(ctx); err != nil || got != want {
		t.Errorf("Require = %v, %v, want %v", got, err, want)
	}
}

func TestContextWithoutPrincipal(t *testing.T) {
	t.Parallel()
	if p, ok := auth.From(t.Context()); ok {
		t.Errorf("From of nobody = %v", p)
	}
	signedIn := auth.With(t.Context(), auth.Principal{User: oid.New[oid.User]()})
	if p, ok := auth.From(auth.Without(signedIn)); ok {
		t.Errorf("From of nobody any more = %v", p)
	}
	if _, err := auth.Require(t.Context()); errs.CodeOf(err) != errs.Unauthenticated {
		t.Errorf("Require of nobody = %v, want UNAUTHENTICATED", err)
	}
}
