package guard_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/graph/guard"
)

func TestShape(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for name, tc := range map[string]struct {
		query string
		limit string // "" when it passes
	}{
		"plain":                         {"{viewer{id}}", ""},
		"depth 10":                      {nested(10), ""},
		"depth 11":                      {nested(11), "depth"},
		"depth 10 through fragments":    {"{viewer{...F}} fragment F on User{" + strings.Repeat("best{", 8) + "...G" + strings.Repeat("}", 8) + "} fragment G on User{id}", ""},
		"one deeper through fragments":  {"{viewer{...F}} fragment F on User{" + strings.Repeat("best{", 9) + "...G" + strings.Repeat("}", 9) + "} fragment G on User{id}", "depth"},
		"inline fragments add no depth": {"{viewer{" + strings.Repeat("...{", 20) + "id" + strings.Repeat("}", 20) + "}}", ""},
		"30 aliases":                    {"{viewer{" + repeated(30, "a%d:name ") + "}}", ""},
		"31 aliases":                    {"{viewer{" + repeated(31, "a%d:name ") + "}}", "aliases"},
		"aliases count where spread":    {"{viewer{...F best{...F}}} fragment F on User{" + repeated(16, "a%d:name ") + "}", "aliases"},
		"an alias that is the name":     {"{viewer{" + repeated(1, "name:name ") + "}}", ""},
		"50 directives":                 {"{viewer{" + repeated(50, "id @mark ") + "}}", ""},
		"51 directives":                 {"{viewer{" + repeated(51, "id @mark ") + "}}", "directives"},
		"50 directives, on all else":    {directivesOnAll("id"), ""},
		"51 directives, on all else":    {directivesOnAll("id @mark"), "directives"},
		"10 root fields":                {"{" + strings.Repeat("viewer{id} ", 10) + "}", ""},
		"11 root fields":                {"{" + strings.Repeat("viewer{id} ", 11) + "}", "rootFields"},
		"root fields in a fragment":     {"{...F ...F} fragment F on Query{" + strings.Repeat("viewer{id} ", 6) + "}", "rootFields"},
		"one mutation":                  {"mutation{a{id}}", ""},
		"two mutations":                 {"mutation{a{id} b{id}}", "mutationFields"},
		"two mutations in a fragment":   {"mutation{...F} fragment F on Mutation{a{id} b{id}}", "mutationFields"},
		"500 nodes":                     {"{viewer{" + strings.Repeat("id ", 499) + "}}", ""},
		"501 nodes":                     {"{viewer{" + strings.Repeat("id ", 500) + "}}", "nodes"},
		"nodes count where spread":      {"{viewer{" + strings.Repeat("...F ", 10) + "}} fragment F on User{" + strings.Repeat("id ", 50) + "}", "nodes"},
		"introspection counts as nodes": {"{__schema{types{...F ...F ...F ...F ...F ...F}}} fragment F on __Type{" + strings.Repeat("name ", 90) + "}", "nodes"},
		"introspection may be deeper":   {"{__schema{types{" + strings.Repeat("ofType{", 17) + "name" + strings.Repeat("}", 17) + "}}}", ""},
		"introspection too deep":        {"{__schema{types{" + strings.Repeat("ofType{", 18) + "name" + strings.Repeat("}", 18) + "}}}", "introspectionDepth"},
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

// nested is a query whose deepest field is at depth.
func nested(depth int) string {
	return "{viewer{" + strings.Repeat("best{", depth-2) + "id" + strings.Repeat("}", depth-2) + "}}"
}

// directivesOnAll has 50 directives and those of field: on the operation, a variable,
// and 16 each on inline fragments, spreads and, as often as it is spread, a fragment.
func directivesOnAll(field string) string {
	return "query($n:Long @mark)@mark{echo(n:$n) viewer{" + field + repeated(16, " ...F@mark ...@mark{id}") + "}} fragment F on User@mark{id}"
}

func repeated(n int, format string) string {
	var b strings.Builder
	for i := range n {
		if strings.Contains(format, "%d") {
			fmt.Fprintf(&b, format, i)
		} else {
			b.WriteString(format)
		}
	}
	return b.String()
}

func TestStandardIntrospectionPasses(t *testing.T) {
	t.Parallel()
	query, err := os.ReadFile("testdata/introspection.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if a := post(t, newServer(t), string(query)); !a.ran() {
		t.Errorf("refused: %+v", a.Errors)
	}
}

// A guard that expanded 60 levels, or 80, would not answer before the end of the test, however fast the machine.
func TestFragmentBombIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for _, levels := range []int{26, 60, 80} {
		wantRefused(t, post(t, srv, bomb(levels)), "nodes")
	}
}

// bomb expands to 2^levels fields.
func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("{viewer{...F0}}")
	for i := range levels {
		fmt.Fprintf(&b, " fragment F%d on User{...F%d ...F%d}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment F%d on User{id}", levels)
	return b.String()
}

func TestFragmentCycleIsRefused(t *testing.T) {
	t.Parallel()
	cycle := &ast.FragmentDefinition{Name: "F"}
	cycle.SelectionSet = ast.SelectionSet{
		&ast.Field{Name: "best", Alias: "best", SelectionSet: ast.SelectionSet{&ast.FragmentSpread{Name: "F", Definition: cycle}}},
	}
	op := &graphql.OperationContext{Operation: &ast.OperationDefinition{
		Operation: ast.Query, SelectionSet: ast.SelectionSet{&ast.FragmentSpread{Name: "F", Definition: cycle}},
	}}
	if err := guard.DefaultShape().MutateOperationContext(t.Context(), op); err == nil {
		t.Error("a cycle passes")
	}
}

func TestNumbersGoCannotHold(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for name, query := range map[string]string{
		"whole number":          "{echo(n: 99999999999999999999)}",
		"float":                 "{echo(n: 1e999)}",
		"in an input":           "{pick(in: {ns: [1, 99999999999999999999]})}",
		"in a directive":        "{viewer{id @mark(n: 99999999999999999999)}}",
		"default of a variable": "query($n: Long = 99999999999999999999){echo(n: $n)}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := post(t, srv, query)
			if len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "GRAPHQL_VALIDATION_FAILED" {
				t.Errorf("got %+v", a.Errors)
			}
		})
	}
}

func TestShapeMustBeWhole(t *testing.T) {
	t.Parallel()
	shape := guard.DefaultShape()
	if err := shape.Validate(nil); err != nil {
		t.Error(err)
	}
	shape.MaxAliases = 0
	if err := shape.Validate(nil); err == nil {
		t.Error("a shape without a bound on aliases passes")
	}
}

func BenchmarkFragmentBomb(b *testing.B) {
	srv := newServer(b)
	for b.Loop() {
		post(b, srv, bomb(60))
	}
}
