package gqlhttp

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

type refusalKey struct{}

// WithRefusal makes every operation of ctx answer err instead of running, in the
// transport's own form: for middleware that finds the caller's credentials wanting.
func WithRefusal(ctx context.Context, err error) context.Context {
	return context.WithValue(ctx, refusalKey{}, err)
}

// Refusals is the extension that holds operations to [WithRefusal].
type Refusals struct{}

var (
	_ graphql.HandlerExtension        = Refusals{}
	_ graphql.OperationContextMutator = Refusals{}
)

// ExtensionName implements graphql.HandlerExtension.
func (Refusals) ExtensionName() string { return "Refusals" }

// Validate implements graphql.HandlerExtension.
func (Refusals) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator.
func (Refusals) MutateOperationContext(ctx context.Context, _ *graphql.OperationContext) *gqlerror.Error {
	if err, ok := ctx.Value(refusalKey{}).(error); ok {
		return gqlerror.Wrap(err)
	}
	return nil
}
