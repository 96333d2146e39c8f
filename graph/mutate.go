package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/mutation"
)

// mutate runs a mutation of a signed-in user. It answers UNAUTHENTICATED before call runs when the request has no principal.
// call fills the payload; faults is the payload's userErrors. An error of call that the user can correct goes to faults, any
// other is returned. The context of call carries the field's name, which scopes idempotency keys.
func mutate[E inputError](ctx context.Context, faults *[]*E, call func(context.Context, auth.Principal) error) error {
	return mutatePublic(ctx, faults, func(ctx context.Context) error {
		p, err := auth.Require(ctx)
		if err != nil {
			return err
		}
		return call(ctx, p)
	})
}

// mutatePublic runs a mutation that needs no principal: signIn and refreshSession.
func mutatePublic[E inputError](ctx context.Context, faults *[]*E, call func(context.Context) error) (err error) {
	name := graphql.GetFieldContext(ctx).Field.Name // Not its alias: a repetition may name it otherwise.
	*faults, err = userErrors[E](ctx, call(mutation.In(ctx, name)))
	return err
}
