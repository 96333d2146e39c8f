package coerce

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/internal/errs"
)

// Nulls refuses null in a place that cannot be null. A variable that may be null is allowed there by its default, or by that of the
// argument (specification, 5.8.5), but a client may send null all the same; gqlgen would read a zero value, and panic in @skip and
// @include. It is a gqlgen extension and must be used before what reads arguments, such as a count of the cost.
type Nulls struct{}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = Nulls{}

// ExtensionName implements graphql.HandlerExtension.
func (Nulls) ExtensionName() string { return "Nulls" }

// Validate implements graphql.HandlerExtension.
func (Nulls) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator.
func (Nulls) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	n := nulls{variables: op.Variables, seen: map[string]bool{}}
	if !n.any() {
		return nil
	}
	n.set(op.Operation.SelectionSet)
	n.directives(op.Operation.Directives)
	if n.fault != nil {
		return gqlerror.Wrap(n.fault)
	}
	return nil
}

// nulls looks for variables that are null where they must not be. Each fragment is walked once.
type nulls struct {
	variables map[string]any
	seen      map[string]bool
	fault     *errs.Error
}

func (n *nulls) any() bool {
	for _, value := range n.variables {
		if value == nil {
			return true
		}
	}
	return false
}

func (n *nulls) set(selections ast.SelectionSet) {
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			n.arguments(s.Arguments)
			n.directives(s.Directives)
			n.set(s.SelectionSet)
		case *ast.InlineFragment:
			n.directives(s.Directives)
			n.set(s.SelectionSet)
		case *ast.FragmentSpread:
			n.directives(s.Directives)
			if s.Definition != nil && !n.seen[s.Name] {
				n.seen[s.Name] = true
				n.directives(s.Definition.Directives)
				n.set(s.Definition.SelectionSet)
			}
		}
	}
}

func (n *nulls) directives(list ast.DirectiveList) {
	for _, directive := range list {
		n.arguments(directive.Arguments)
	}
}

func (n *nulls) arguments(list ast.ArgumentList) {
	for _, argument := range list {
		n.value(argument.Value)
	}
}

func (n *nulls) value(value *ast.Value) {
	if value == nil || n.fault != nil {
		return
	}
	if value.Kind == ast.Variable {
		sent, given := n.variables[value.Raw]
		if given && sent == nil && value.ExpectedType != nil && value.ExpectedType.NonNull {
			at := path(short(value.Raw))
			n.fault = invalid(at, "Variable $%s: it is used where %s is needed and cannot be null.", at, value.ExpectedType)
		}
		return
	}
	for _, child := range value.Children {
		n.value(child.Value)
	}
}
