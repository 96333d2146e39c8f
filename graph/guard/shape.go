package guard

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/internal/errs"
)

// Shape bounds an operation's document as it is after its fragments are expanded. It
// is a gqlgen extension and must be used before anything that walks the document.
type Shape struct {
	// MaxNodes bounds the fields, counted wherever a fragment puts them.
	MaxNodes int
	// MaxDepth bounds how deep fields nest; a root field is at depth 1.
	MaxDepth int
	// MaxIntrospectionDepth is MaxDepth for what is below __schema and __type: the
	// standard introspection queries unwrap types with up to nine nested ofType.
	MaxIntrospectionDepth int
	// MaxIntrospectionLists bounds the lists of the schema that are asked for, such as the fields of a type. Each is as long as the
	// schema is large; the standard introspection queries ask for ten.
	MaxIntrospectionLists int
	// MaxAliases bounds the fields asked for under another name.
	MaxAliases int
	// MaxDirectives bounds the directives.
	MaxDirectives int
	// MaxRootFields bounds the root fields of queries and subscriptions.
	MaxRootFields int
	// MaxMutationFields bounds the root fields of mutations.
	MaxMutationFields int
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = Shape{}

// DefaultShape returns the bounds of the platform.
func DefaultShape() Shape {
	return Shape{
		MaxNodes: 500, MaxDepth: 10, MaxIntrospectionDepth: 20, MaxIntrospectionLists: 15, MaxAliases: 30,
		MaxDirectives: 50, MaxRootFields: 10, MaxMutationFields: 1,
	}
}

// ExtensionName implements graphql.HandlerExtension.
func (Shape) ExtensionName() string { return "Shape" }

// Validate implements graphql.HandlerExtension: a forgotten bound is an error.
func (s Shape) Validate(graphql.ExecutableSchema) error {
	for _, bound := range []int{
		s.MaxNodes, s.MaxDepth, s.MaxIntrospectionDepth, s.MaxIntrospectionLists, s.MaxAliases,
		s.MaxDirectives, s.MaxRootFields, s.MaxMutationFields,
	} {
		if bound < 1 {
			return fmt.Errorf("guard: every bound of a Shape must be at least 1, got %+v", s)
		}
	}
	return nil
}

// MutateOperationContext refuses an operation beyond a bound as QUERY_TOO_COMPLEX, with
// the bound's name, its value and what was asked for in the extensions.
func (s Shape) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	m := measure(op.Operation)
	if m.unreadable != nil {
		return gqlerror.Wrap(errs.New(errs.ValidationFailed, "A number in the document is too large."))
	}
	for _, bound := range s.bounds(op.Operation.Operation, m.total) {
		if bound.asked > bound.limit {
			return gqlerror.Wrap(bound.exceeded())
		}
	}
	return nil
}

// bound is one limit and what an operation asks of it.
type bound struct {
	name         string
	asked, limit int
}

func (s Shape) bounds(kind ast.Operation, f footprint) []bound {
	roots := bound{"rootFields", f.roots, s.MaxRootFields}
	if kind == ast.Mutation {
		roots = bound{"mutationFields", f.roots, s.MaxMutationFields}
	}
	return []bound{
		roots,
		{"depth", f.depth, s.MaxDepth},
		{"introspectionDepth", f.introspectionDepth, s.MaxIntrospectionDepth},
		{"nodes", f.nodes, s.MaxNodes},
		{"introspectionLists", f.introspectionLists, s.MaxIntrospectionLists},
		{"aliases", f.aliases, s.MaxAliases},
		{"directives", f.directives, s.MaxDirectives},
	}
}

func (b bound) exceeded() *errs.Error {
	said := errs.Textf("The operation's %s is %d; the limit is %d.", b.name, b.asked, b.limit)
	if b.asked == saturated {
		said = errs.Textf("The operation's %s is more than %d; the limit is %d.", b.name, b.asked, b.limit)
	}
	return errs.NewText(errs.QueryTooComplex, said).
		With("limitName", b.name).With("limit", b.limit).With("requested", b.asked)
}
