// Package auth tells who a request is made for, and is the port to whoever can prove it.
package auth

import (
	"context"
	"slices"
	"time"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

// Principal is the person a request is made for, and by what: their session, or an API key.
type Principal struct {
	User    oid.User
	Session oid.Session
	// Grant is what an API key may do; nil for a session, which may do everything.
	Grant *Grant
	// ExpiresAt is when the proof ends; a socket that lives longer needs a fresh one.
	ExpiresAt time.Time
}

// Grant is what an API key may do for its person.
type Grant struct {
	Key oid.APIKey
	// Scopes are READ, CHAT, JOBS and FILES, as the API names them.
	Scopes []string
	// Models are the ids it may ask; nil for all.
	Models []string
	// IsTest restricts it to the sandbox, free of quota.
	IsTest bool
	// Budget is the most it may cost a month, in millionths of a dollar; nil for no limit.
	Budget *int64
}

// Opens says whether a key may ask a model, by its id and whether it is of the sandbox. Without a key, which is nil, all are open.
func (g *Grant) Opens(model string, isSandbox bool) bool {
	if g == nil {
		return true
	}
	return (isSandbox || !g.IsTest) && (g.Models == nil || slices.Contains(g.Models, model))
}

type principalKey struct{}

// With returns a context of requests made for p.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// Without returns a context of requests made for nobody, whoever ctx was for.
func Without(ctx context.Context) context.Context {
	return context.WithValue(ctx, principalKey{}, nil)
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
