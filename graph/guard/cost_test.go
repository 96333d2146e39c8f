package guard_test

import (
	"context"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/graph/guard"
)

func TestCost(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for name, tc := range map[string]struct {
		query string
		want  int
		ok    bool
	}{
		"scalars cost nothing":       {"{echo viewer{id name}}", 1, true},
		"objects cost one":           {"{viewer{best{best{id}}}}", 3, true},
		"default page":               {"{viewer{friends{edges{node{id}}}}}", 1 + 1 + 20*2, true},
		"asked page":                 {"{viewer{friends(last: 5){edges{node{id}}}}}", 1 + 1 + 5*2, true},
		"page out of range":          {"{viewer{friends(first: 4000){edges{node{id}}}}}", 1 + 1 + 100*2, true},
		"negative page":              {"{viewer{friends(first: -3){edges{node{id}}}}}", 1 + 1 + 100*2, true},
		"pages in pages":             {"{viewer{friends(first:100){edges{node{friends(first:100){edges{node{id}}}}}}}}", 1 + 1 + 100*(2+1+100*2), false},
		"the schema costs nothing":   {"{__schema{types{name}}}", 0, true},
		"__typename costs nothing":   {"{__typename}", 0, true},
		"one mutation, one object":   {"mutation{a{id}}", 1, true},
		"named by variable defaults": {"query($n:Int=7){viewer{friends(first:$n){edges{node{id}}}}}", 1 + 1 + 7*2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := post(t, srv, tc.query)
			if diff := cmp.Diff(&guard.Spent{Requested: tc.want, Limit: 1000}, a.Extensions.Cost); diff != "" {
				t.Errorf("extensions.cost (-want +got):\n%s", diff)
			}
			switch {
			case !tc.ok:
				wantRefused(t, a, "cost")
			case !a.ran():
				t.Errorf("refused: %+v", a.Errors)
			}
		})
	}
}

func TestNoCostWithoutAnOperation(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{
		"syntax error":  "{",
		"unknown field": "{nope}",
		"subscription":  "subscription{tick{id}}",
	} {
		if a := post(t, newServer(t), query); a.Extensions.Cost != nil {
			t.Errorf("%s: reported a cost of %+v", name, *a.Extensions.Cost)
		}
	}
}

func TestTokensAreBounded(t *testing.T) {
	t.Parallel()
	a := post(t, newServer(t), "{viewer{"+strings.Repeat("id ", 1000)+"}}")
	if len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "GRAPHQL_PARSE_FAILED" {
		t.Errorf("got %+v", a.Errors)
	}
}

func TestCostOf(t *testing.T) {
	t.Parallel()
	if spent, ok := guard.CostOf(t.Context()); ok {
		t.Errorf("a context without an operation costs %+v", spent)
	}
	srv := newServer(t)
	var seen guard.Spent
	srv.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		seen, _ = guard.CostOf(ctx)
		return next(ctx)
	})
	post(t, srv, "{viewer{best{id}}}")
	if seen.Requested != 2 {
		t.Errorf("an interceptor sees %+v, want 2", seen)
	}
}
