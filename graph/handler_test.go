package graph

import (
	"context"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/internal/errs"
)

type deaf struct{}

func (deaf) OperationEnded(string, errs.Code)          {}
func (deaf) SubscriptionStarted(string) (ended func()) { return func() {} }

// TestOperationsHaveADeadline, and subscriptions none.
func TestOperationsHaveADeadline(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind  ast.Operation
		field string
		want  time.Duration
	}{
		"a query": {ast.Query, "viewer", deadline}, "a mutation": {ast.Mutation, "sendMessage", deadline},
		"a check of a file": {ast.Mutation, "completeUpload", checkDeadline}, "a subscription": {ast.Subscription, "viewerEvents", 0},
	} {
		op := &graphql.OperationContext{
			Doc:       &ast.QueryDocument{},
			Operation: &ast.OperationDefinition{Operation: c.kind, SelectionSet: ast.SelectionSet{&ast.Field{Name: c.field}}},
		}
		var left time.Duration
		respond(Services{}, deaf{})(graphql.WithOperationContext(t.Context(), op), func(ctx context.Context) *graphql.Response {
			if end, ok := ctx.Deadline(); ok {
				left = time.Until(end).Round(time.Second)
			}
			return nil
		})
		if left != c.want {
			t.Errorf("%s has %s, want %s", name, left, c.want)
		}
	}
}
