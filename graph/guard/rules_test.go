package guard_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/graph/guard"
)

// subscriber serves subscriptions as queries are, which is enough for what is checked before they run.
func subscriber(t *testing.T) *handler.Server {
	t.Helper()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query { a: Int }
		type Subscription { tick(n: Int): Int, tock: Int }
	`})
	srv := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc: func(context.Context) graphql.ResponseHandler {
			return graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{"ran":true}`)})
		},
		ComplexityFunc: func(context.Context, string, string, int, map[string]any) (int, bool) { return 0, false },
	})
	srv.AddTransport(transport.POST{})
	guard.Install(srv, guard.DefaultLimits())
	return srv
}

func TestASubscriptionHasOneRootField(t *testing.T) {
	t.Parallel()
	srv := subscriber(t)
	for name, tc := range map[string]struct {
		query string
		runs  bool
	}{
		"one":                             {"subscription { tick }", true},
		"one under an alias":              {"subscription { t: tick }", true},
		"one in a fragment":               {"subscription { ...F } fragment F on Subscription { tick }", true},
		"the same twice":                  {"subscription { tick ...F } fragment F on Subscription { tick }", true},
		"two":                             {"subscription { tick tock }", false},
		"one under two aliases":           {"subscription { a: tick(n: 1) b: tick(n: 2) }", false},
		"one beside its alias":            {"subscription { tick t: tick }", false},
		"two in a fragment":               {"subscription { ...F } fragment F on Subscription { tick tock }", false},
		"two in two fragments":            {"subscription { ...F ...G } fragment F on Subscription { tick } fragment G on Subscription { b: tick }", false},
		"two in an inline fragment":       {"subscription { tick ... on Subscription { tock } }", false},
		"two in a nested fragment":        {"subscription { ...F } fragment F on Subscription { tick ...G } fragment G on Subscription { tock }", false},
		"two, one of them skipped":        {"subscription { tick tock @skip(if: true) }", false},
		"two, one of them included":       {"subscription ($x: Boolean!) { tick tock @include(if: $x) }", false},
		"one that may be skipped":         {"subscription ($x: Boolean!) { tick @skip(if: $x) }", false},
		"a fragment that may be included": {"subscription ($x: Boolean!) { ...F @include(if: $x) } fragment F on Subscription { tick }", false},
		"introspection":                   {"subscription { __typename }", false},
		"introspection beside one":        {"subscription { tick __typename }", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := post(t, srv, tc.query)
			if a.ran() != tc.runs {
				t.Fatalf("got %+v", a)
			}
			if !tc.runs && a.Errors[0].Extensions.Code != "GRAPHQL_VALIDATION_FAILED" {
				t.Errorf("got %+v", a.Errors)
			}
		})
	}
}

func TestManyIntrospectionsAreRefused(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for name, tc := range map[string]struct {
		query string
		limit string
	}{
		"ten of them":             {"{" + repeated(10, "a%d:__schema{types{fields{name}}} ") + "}", "introspectionLists"},
		"ten lists of types":      {"{__schema{" + repeated(10, "a%d:types{fields{name}} ") + "}}", "introspectionLists"},
		"the same in a fragment":  {"{" + repeated(10, "a%d:__schema{...F} ") + "} fragment F on __Schema{types{fields{name}}}", "introspectionLists"},
		"ten types":               {"{" + repeated(10, `a%d:__type(name:"User"){fields{name args{name}}} `) + "}", "introspectionLists"},
		"a list that is our own":  {"{viewer{friends(first:1){" + strings.Repeat("edges{node{id}} ", 16) + "}}}", ""},
		"the fields of five":      {"{" + repeated(5, `a%d:__type(name:"User"){fields{name}} `) + "}", ""},
		"what is no list of them": {"{" + repeated(10, "a%d:__schema{queryType{name}} ") + "}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := post(t, srv, tc.query)
			switch {
			case tc.limit != "":
				wantRefused(t, a, tc.limit)
			case !a.ran():
				t.Errorf("refused: %+v", a.Errors)
			}
		})
	}
}

// TestAHiddenSchemaIsNotNamed: neither introspection nor an error shows what it has.
func TestAHiddenSchemaIsNotNamed(t *testing.T) {
	t.Parallel()
	open, hidden := schemaServer(t, false), schemaServer(t, true)
	for name, query := range map[string]string{
		"introspection":           "{__schema{types{name}}}",
		"of one type":             `{__type(name:"Secret"){name}}`,
		"in a fragment":           "{...F} fragment F on Query{__schema{queryType{name}}}",
		"a field":                 "{secrt}",
		"a field without its own": "{secret}",
		"an argument":             "{secret(numbr:1){id}}",
		"a value of an enum":      "{secret(colour:GREN){id}}",
		"an enum in quotes":       `{secret(colour:"GREEN"){id}}`,
		"an input field":          "{secret(by:{nme:1}){id}}",
		"a type":                  "{secret{...on Secre{id}}}",
		"the type of a variable":  "query($x:Colou){secret(colour:$x){id}}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := func(a answer) string {
				var all []string
				for _, e := range a.Errors {
					all = append(all, e.Message)
				}
				return strings.Join(all, " ")
			}
			a := post(t, hidden, query)
			if text := said(a); len(a.Errors) == 0 || a.Errors[0].Extensions.Code != "GRAPHQL_VALIDATION_FAILED" || strings.Contains(text, "Did you mean") {
				t.Errorf("hidden: %+v", a)
			}
			if strings.Contains(query, "__") && !strings.Contains(said(a), "Introspection is switched off") {
				t.Errorf("hidden: %+v", a)
			}
			// gqlparser suggests no types so far.
			suggests := !strings.Contains(query, "__") && !strings.Contains(name, "type")
			if b := post(t, open, query); suggests && !strings.Contains(said(b), "Did you mean") {
				t.Errorf("open: %+v", b)
			}
		})
	}
	if a := post(t, hidden, "{__typename}"); !a.ran() {
		t.Errorf("no __typename: %+v", a)
	}
}

func schemaServer(t *testing.T, hidden bool) *handler.Server {
	t.Helper()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query { secret(number: Int, colour: Colour, by: By): Secret }
		type Secret { id: ID }
		enum Colour { GREEN }
		input By { name: Int }
	`})
	srv := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc: func(context.Context) graphql.ResponseHandler {
			return graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{"ran":true}`)})
		},
		ComplexityFunc: func(context.Context, string, string, int, map[string]any) (int, bool) { return 0, false },
	})
	srv.AddTransport(transport.POST{})
	limits := guard.DefaultLimits()
	limits.HideSchema = hidden
	guard.Install(srv, limits)
	return srv
}

// TestAnswersOfTheSchemaAreRemembered: asking again runs nothing.
func TestAnswersOfTheSchemaAreRemembered(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: "type Query { a: Int }"})
	srv := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc: func(context.Context) graphql.ResponseHandler {
			return func(context.Context) *graphql.Response {
				runs.Add(1)
				return &graphql.Response{Data: json.RawMessage(`{"ran":true}`)}
			}
		},
		ComplexityFunc: func(context.Context, string, string, int, map[string]any) (int, bool) { return 0, false },
	})
	srv.AddTransport(transport.POST{})
	guard.Install(srv, guard.DefaultLimits())
	srv.Use(&guard.Answers{})
	for _, tc := range []struct {
		name, query string
		want        int64
	}{
		{"first", "{__schema{queryType{name}}}", 1},
		{"again", "{__schema{queryType{name}}}", 0},
		{"another document", "{__schema{queryType{kind}}}", 1},
		{"one of two operations", "query A{__schema{queryType{name}}}", 1},
		{"data beside it", "{a __schema{queryType{name}}}", 1},
		{"data beside it, again", "{a __schema{queryType{name}}}", 1},
		{"__typename alone", "{__typename}", 1},
		{"__typename alone, again", "{__typename}", 1},
	} {
		before := runs.Load()
		a := post(t, http.Handler(srv), tc.query)
		if !a.ran() || runs.Load()-before != tc.want || a.Extensions.Cost == nil {
			t.Errorf("%s: %+v, ran %d times", tc.name, a, runs.Load()-before)
		}
	}
}
