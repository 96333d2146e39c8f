// Package auth holds for whom a request is made, and is the port to verifiers of identities.
package auth

import (
	"context"
	"slices"
	"time"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

// Principal is the user a request is made for, and its credential: a session or an API key.
type Principal struct {
	User    oid.User
	Session oid.Session
	// Grant is what an API key may do; nil for a session, which may do everything.
	Grant *Grant
	// ExpiresAt is when the credential expires; a socket that lives longer needs a new one.
	ExpiresAt time.Time
}

// Grant is what an API key may do for its user.
type Grant struct {
	Key oid.APIKey
	// Scopes are READ, CHAT, JOBS and FILES, as the API names them.
	Scopes []string
	// Models are the ids of the models it may use; nil for all.
	Models []string
	// IsTest restricts it to the sandbox, free of quota.
	IsTest bool
	// Budget is the most it may cost per month, in millionths of a dollar; nil for no limit.
	Budget *int64
}

// Opens reports whether a key may use a model, by its id and whether it belongs to the sandbox. A nil Grant,
// which is a session, may use all models.
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

// Without returns a context without the principal of ctx. Background work uses it, so that it
// does not act with the rights of the request that started it.
func Without(ctx context.Context) context.Context {
	return context.WithValue(ctx, principalKey{}, nil)
}

// From returns the principal of ctx; false when there is none.
func From(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}

// Require returns the principal of ctx, UNAUTHENTICATED when there is none.
func Require(ctx context.Context) (Principal, error) {
	p, ok := From(ctx)
	if !ok {
		return Principal{}, errs.New(errs.Unauthenticated, "Sign in to do this.")
	}
	return p, nil
}
