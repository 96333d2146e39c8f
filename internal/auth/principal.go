// Package auth tells who a request is made for, and is the port to whoever can prove it.
package auth

import (
	"context"
	"time"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

// Principal is the person and the session a request is made for.
type Principal struct {
	User    oid.User
	Session oid.Session
	// ExpiresAt is when the proof ends; a socket that lives longer needs a fresh one.
	ExpiresAt time.Time
}

type principalKey struct{}

// With returns a context of requests made for p.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From returns the principal of ctx; false when nobody is signed in.
func From(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}

// Require returns the principal of ctx, UNAUTHENTICATED when nobody is signed in.
func Require(ctx context.Context) (Principal, error) {
	p, ok := From(ctx)
	if !ok {
		return Principal{}, errs.New(errs.Unauthenticated, "Sign in to do this.")
	}
	return p, nil
}
