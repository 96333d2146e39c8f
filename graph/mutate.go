package graph

import (
	"context"

	"github.com/weav-ai/weav/internal/auth"
)

// mutate runs a mutation of a signed-in user. It answers UNAUTHENTICATED before call runs when the request has no principal.
// call fills the payload; faults is the payload's userErrors. An error of call that the user can correct goes to faults, any
// other is returned.
func mutate[E inputError](ctx context.Context, faults *[]*E, call func(context.Context, auth.Principal) error) error {
	return mutatePublic(ctx, faults, func(ctx context.Context) error {
		p, err := auth.Require(ctx)
		if err != nil {
			return err
		}
		return call(ctx, p)
	})
}

// mutatePublic runs a mutation that needs no session: those by which a session begins or goes on.
func mutatePublic[E inputError](ctx context.Context, faults *[]*E, call func(context.Context) error) (err error) {
	*faults, err = userErrors[E](ctx, call(ctx))
	return err
}
