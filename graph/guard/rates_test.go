package guard_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/graph/guard"
	"github.com/weav-ai/weav/internal/errs"
)

// asked is what Rates was asked, in order.
type asked struct {
	requests   int
	operations []guard.Operation
}

func (a *asked) rates(request, operation error) guard.Rates {
	return guard.Rates{
		Request: func(context.Context) error { a.requests++; return request },
		Operation: func(_ context.Context, op guard.Operation) error {
			a.operations = append(a.operations, op)
			return operation
		},
	}
}

func TestRatesAreAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query string
		want  []guard.Operation
	}{
		"a query":            {`{ viewer { id } }`, []guard.Operation{{Kind: ast.Query, Fields: []string{"viewer"}, Cost: 1}}},
		"a connection":       {`{ viewer { friends(first: 9) { edges { node { id } } } } }`, []guard.Operation{{Kind: ast.Query, Fields: []string{"viewer"}, Cost: 20}}},
		"an alias":           {`mutation { b: a { id } }`, []guard.Operation{{Kind: ast.Mutation, Fields: []string{"a"}, Cost: 1}}},
		"an inline fragment": {`mutation { ... { a { id } } }`, []guard.Operation{{Kind: ast.Mutation, Fields: []string{"a"}, Cost: 1}}},
		"fragments in a fragment": {
			`mutation { ...F } fragment F on Mutation { ...G } fragment G on Mutation { b { id } }`,
			[]guard.Operation{{Kind: ast.Mutation, Fields: []string{"b"}, Cost: 1}},
		},
		"several fields":  {`{ x: echo viewer { id } echo }`, []guard.Operation{{Kind: ast.Query, Fields: []string{"echo", "viewer", "echo"}, Cost: 1}}},
		"a subscription":  {`subscription { tick { id } }`, []guard.Operation{{Kind: ast.Subscription, Fields: []string{"tick"}, Cost: 1}}},
		"not a document":  {`{`, nil},
		"not of a schema": {`{ nothing }`, nil},
		"beyond a bound":  {`mutation { a { id } b { id } }`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, got := newServer(t), &asked{}
			srv.Use(got.rates(nil, nil))
			a := post(t, srv, c.query)
			if got.requests != 1 || a.ran() != (c.want != nil) {
				t.Errorf("%d requests, data %s, errors %+v", got.requests, a.Data, a.Errors)
			}
			if diff := cmp.Diff(c.want, got.operations); diff != "" {
				t.Errorf("operations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRatesRefuse(t *testing.T) {
	t.Parallel()
	slow := errs.New(errs.RateLimited, "Slow down.")
	for name, c := range map[string]struct {
		query              string
		request, operation error
		want               asked
	}{
		"before the document is read": {`{`, slow, nil, asked{requests: 1}},
		"before the operation runs": {`{ echo }`, nil, slow, asked{
			requests: 1, operations: []guard.Operation{{Kind: ast.Query, Fields: []string{"echo"}}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, got := newServer(t), asked{}
			srv.Use(got.rates(c.request, c.operation))
			a := post(t, srv, c.query)
			if a.ran() || len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "RATE_LIMITED" {
				t.Errorf("data %s, errors %+v, want RATE_LIMITED", a.Data, a.Errors)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(asked{})); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoRatesLetEverythingPass(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.Use(guard.Rates{})
	if a := post(t, srv, `{ echo }`); !a.ran() {
		t.Errorf("errors %+v", a.Errors)
	}
}
