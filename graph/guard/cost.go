package guard

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/complexity"
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// costExtension is the key of the cost in the operation's stats and, in lower case, in
// the response's extensions.
const costExtension = "Cost"

// Spent is the cost of one operation: the objects it may return at most, a scalar
// counting 0, an object 1 and a connection 1 and its page size times its node.
type Spent struct {
	Requested int `json:"requested"`
	Limit     int `json:"limit"`
}

// Cost refuses operations beyond Limit as QUERY_TOO_COMPLEX and reports the cost of
// every query and mutation in the response's extensions.cost. The events of a
// subscription do not carry it: it is counted once, when the subscription starts.
type Cost struct {
	Limit int

	schema graphql.ExecutableSchema
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
	graphql.ResponseInterceptor
} = (*Cost)(nil)

// ExtensionName implements graphql.HandlerExtension.
func (*Cost) ExtensionName() string { return costExtension }

// Validate implements graphql.HandlerExtension.
func (c *Cost) Validate(schema graphql.ExecutableSchema) error {
	if c.Limit < 1 {
		return errors.New("guard: Cost.Limit must be at least 1")
	}
	c.schema = schema
	return nil
}

// MutateOperationContext counts the cost. The time it takes grows with the expanded
// document, which Shape has bounded.
func (c *Cost) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	requested := complexity.Calculate(ctx, c.schema, op.Operation, op.Variables, complexity.WithFixedScalarValue(0))
	op.Stats.SetExtension(costExtension, Spent{Requested: requested, Limit: c.Limit})
	if requested <= c.Limit {
		return nil
	}
	return gqlerror.Wrap(bound{"cost", min(requested, saturated), c.Limit}.exceeded())
}

// InterceptResponse implements graphql.ResponseInterceptor.
func (*Cost) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	if spent, ok := CostOf(ctx); ok && graphql.GetOperationContext(ctx).Operation.Operation != ast.Subscription {
		graphql.RegisterExtension(ctx, "cost", spent)
	}
	return next(ctx)
}

// CostOf returns the cost of the operation ctx belongs to, once it has been counted.
func CostOf(ctx context.Context) (Spent, bool) {
	if !graphql.HasOperationContext(ctx) {
		return Spent{}, false
	}
	spent, ok := graphql.GetOperationContext(ctx).Stats.GetExtension(costExtension).(Spent)
	return spent, ok
}

// Page sizes of every connection, as the schema states them.
const (
	defaultPage = 20
	maxPage     = 100
)

// ConnectionCost is the cost of a connection field whose page costs node per entry,
// for gqlgen's ComplexityRoot. A page size out of range counts as the greatest: the
// resolver refuses it with a clearer error.
func ConnectionCost(node int, first, last *int) int {
	return 1 + pageSize(first, last)*node
}

// ListCost is the cost of a list whose greatest length the operation names: that of each entry, and of the node in it.
func ListCost(node, length, most int) int {
	if length < 1 || length > most {
		length = most
	}
	return length * (1 + node)
}

func pageSize(first, last *int) int {
	size := defaultPage
	switch {
	case first != nil:
		size = *first
	case last != nil:
		size = *last
	}
	if size < 1 || size > maxPage {
		return maxPage
	}
	return size
}
