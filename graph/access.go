package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
)

// access checks what the schema's directive requires of a field. A request without a principal passes: its resolver
// answers null or UNAUTHENTICATED.
func (r *Resolver) access(ctx context.Context, _ any, next graphql.Resolver, needs Access) (any, error) {
	if needs == AccessSupport || needs == AccessAdmin {
		if err := r.administrates(ctx, needs); err != nil {
			return nil, err
		}
		return next(ctx)
	}
	p, ok := auth.From(ctx)
	if !ok || needs == AccessPublic || p.Grant == nil {
		return next(ctx)
	}
	if needs == AccessSession {
		return nil, errs.New(errs.Forbidden, "An API key cannot do this. Sign in.")
	}
	if !slices.Contains(p.Grant.Scopes, string(needs)) {
		return nil, errs.New(errs.Forbidden, "This API key does not have the scope %s.", needs).With("scopeNeeded", string(needs))
	}
	return next(ctx)
}

// administrates returns an error unless the request is made by a session of a user with the role.
func (r *Resolver) administrates(ctx context.Context, needs Access) error {
	p, err := auth.Require(ctx)
	if err != nil {
		return err
	}
	if p.Grant != nil {
		return errs.New(errs.Forbidden, "An API key cannot do this. Sign in.")
	}
	role, err := r.s.Role(ctx, p.User)
	if err != nil {
		return err
	}
	if role == user.RoleAdmin || (role == user.RoleSupport && needs == AccessSupport) {
		return nil
	}
	return errs.New(errs.Forbidden, "This is for the administration.")
}
