package guard

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Operation is what a limit of rate may depend on.
type Operation struct {
	Kind ast.Operation
	// Fields are the names of the root fields, aliases and fragments resolved.
	Fields []string
	// Cost is what guard.Cost has counted.
	Cost int
}

// Rates asks whether operations may run now, over whichever transport they came. It is a gqlgen
// extension and must be used after Cost. A function left nil lets everything pass.
type Rates struct {
	// Request is asked first, before anything of the document is read, so that a client that
	// is refused costs next to nothing.
	Request func(ctx context.Context) error
	// Operation is asked last, before anything of the operation runs.
	Operation func(ctx context.Context, op Operation) error
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
	graphql.OperationContextMutator
} = Rates{}

// ExtensionName implements graphql.HandlerExtension.
func (Rates) ExtensionName() string { return "Rates" }

// Validate implements graphql.HandlerExtension.
func (Rates) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters asks Request.
func (r Rates) MutateOperationParameters(ctx context.Context, _ *graphql.RawParams) *gqlerror.Error {
	if r.Request == nil {
		return nil
	}
	return gqlerror.Wrap(r.Request(ctx))
}

// MutateOperationContext asks Operation.
func (r Rates) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if r.Operation == nil {
		return nil
	}
	asked := Operation{Kind: op.Operation.Operation, Fields: rootFields(nil, op.Operation.SelectionSet)}
	if spent, ok := CostOf(ctx); ok {
		asked.Cost = spent.Requested
	}
	return gqlerror.Wrap(r.Operation(ctx, asked))
}

// rootFields adds the names of the fields of a set, of which Shape allows few.
func rootFields(to []string, set ast.SelectionSet) []string {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			to = append(to, s.Name)
		case *ast.InlineFragment:
			to = rootFields(to, s.SelectionSet)
		case *ast.FragmentSpread:
			to = rootFields(to, s.Definition.SelectionSet)
		}
	}
	return to
}
