package coerce_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/graph/coerce"
	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/graph/gqlhttp"
	"github.com/weav-ai/weav/graph/guard"
	"github.com/weav-ai/weav/internal/errs"
)

const schemaText = `
	scalar Even
	enum Colour { RED GREEN }
	input One @oneOf { a: Int, b: Int }
	input Box {
		int: Int, float: Float, string: String, boolean: Boolean, id: ID, even: Even, colour: Colour, colours: [Colour!], box: Box, boxes: [Box!]
		needed: Int! = 1, one: One
	}
	input Strict { needed: Int! }
	type Query {
		take(int: Int, float: Float, string: String, boolean: Boolean, id: ID, even: Even, colour: Colour, box: Box, strict: Strict,
			ints: [Int], colours: [Colour], grid: [[Int!]!], needed: Int! = 1): Int
	}
`

// even takes even numbers, as a scalar of the schema's own.
func even(v any) error {
	n, ok := v.(json.Number)
	literal, isLiteral := v.(int64)
	if ok && strings.HasSuffix(n.String(), "2") || isLiteral && literal%2 == 0 {
		return nil
	}
	return errs.New(errs.BadCursor, "An Even is even.")
}

func scalars() coerce.Scalars { return coerce.Scalars{"Even": even} }

// newServer answers each operation with the variables it was given.
func newServer(t *testing.T) http.Handler {
	t.Helper()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: schemaText})
	srv := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc: func(ctx context.Context) graphql.ResponseHandler {
			data, err := json.Marshal(graphql.GetOperationContext(ctx).Variables)
			if err != nil {
				panic(err)
			}
			return graphql.OneShot(&graphql.Response{Data: data})
		},
		ComplexityFunc: func(context.Context, string, string, int, map[string]any) (int, bool) { return 0, false },
	})
	srv.AddTransport(gqlhttp.POST{})
	srv.SetErrorPresenter(gqlerr.Presenter(slog.New(slog.DiscardHandler)))
	limits := guard.DefaultLimits()
	limits.Rules = append(limits.Rules, scalars().Literals())
	documents := lru.New[*ast.QueryDocument](100)
	srv.SetQueryCache(documents)
	srv.Use(coerce.Nulls{})
	guard.Install(srv, limits)
	srv.Use(&coerce.Variables{Documents: documents, Tokens: limits.Tokens, Scalars: scalars(), Suggests: true})
	return srv
}

type answer struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct{ Code, Variable string }
	}
}

// ask sends a document, and variables as they stand in JSON.
func ask(t *testing.T, srv http.Handler, query, variables string) answer {
	t.Helper()
	quoted, err := json.Marshal(query)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"query":`+string(quoted)+`,"variables":`+variables+`}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return a
}

func TestValuesOfVariables(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	long := strings.Repeat("s", 200)
	for name, tc := range map[string]struct {
		typ, value string
		// want is what is read, or "" where error holds a part of the message.
		want, error string
	}{
		"Int":                        {"Int", `5`, `5`, ""},
		"Int, negative":              {"Int", `-2147483648`, `-2147483648`, ""},
		"Int as 1.0":                 {"Int", `1.0`, `1`, ""},
		"Int as 1e3":                 {"Int", `1e3`, `1000`, ""},
		"Int as -0":                  {"Int", `-0`, `0`, ""},
		"Int, null":                  {"Int", `null`, `null`, ""},
		"Int in quotes":              {"Int", `"5"`, "", `not "5"`},
		"Int with a fraction":        {"Int", `1.5`, "", "not 1.5"},
		"Int of more than 32 bits":   {"Int", `2147483648`, "", "not 2147483648"},
		"Int of more than 64 bits":   {"Int", `99999999999999999999`, "", "whole number"},
		"Int of a huge exponent":     {"Int", `1e999999999`, "", "whole number"},
		"Int of a tiny exponent":     {"Int", `1e-5`, "", "whole number"},
		"Int, boolean":               {"Int", `true`, "", "not true"},
		"Int, list":                  {"Int", `[1]`, "", "not […]"},
		"Int, object":                {"Int", `{}`, "", "not {…}"},
		"Int, null where it cannot":  {"Int!", `null`, "", "Int! cannot be null"},
		"Float":                      {"Float", `1.5`, `1.5`, ""},
		"Float, whole":               {"Float", `2`, `2`, ""},
		"Float in quotes":            {"Float", `"1.5"`, "", `not "1.5"`},
		"Float, NaN":                 {"Float", `"NaN"`, "", `not "NaN"`},
		"Float, Infinity":            {"Float", `"Infinity"`, "", `not "Infinity"`},
		"Float beyond float64":       {"Float", `1e999`, "", "not 1e999"},
		"Float, boolean":             {"Float", `false`, "", "not false"},
		"String":                     {"String", `"a"`, `"a"`, ""},
		"String, number":             {"String", `5`, "", "not 5"},
		"String, boolean":            {"String", `true`, "", "not true"},
		"String, list":               {"String", `["a"]`, "", "not […]"},
		"Boolean":                    {"Boolean", `false`, `false`, ""},
		"Boolean in quotes":          {"Boolean", `"true"`, "", `not "true"`},
		"Boolean, 1":                 {"Boolean", `1`, "", "not 1"},
		"ID":                         {"ID", `"chat_1"`, `"chat_1"`, ""},
		"ID, number":                 {"ID", `7`, `"7"`, ""},
		"ID of many digits":          {"ID", `123456789012345678901234567890`, `"123456789012345678901234567890"`, ""},
		"ID as 7.0":                  {"ID", `7.0`, `"7"`, ""},
		"ID with a fraction":         {"ID", `7.5`, "", "not 7.5"},
		"ID, boolean":                {"ID", `true`, "", "not true"},
		"ID, object":                 {"ID", `{"a":1}`, "", "not {…}"},
		"enum":                       {"Colour", `"RED"`, `"RED"`, ""},
		"enum in lower case":         {"Colour", `"red"`, "", `no value "red". Did you mean "RED"?`},
		"enum in mixed case":         {"Colour", `"Green"`, "", `no value "Green"`},
		"enum, unknown":              {"Colour", `"BLUE"`, "", `no value "BLUE".`},
		"enum, empty":                {"Colour", `""`, "", `no value "".`},
		"enum, number":               {"Colour", `0`, "", "no value 0"},
		"enum, list":                 {"Colour", `["RED"]`, "", "no value […]"},
		"enum in a list":             {"[Colour]", `["RED","green"]`, "", "$x.1:"},
		"a list of one":              {"[Colour]", `"RED"`, `["RED"]`, ""},
		"a list of one, wrong":       {"[Colour]", `"red"`, "", "$x:"},
		"null in a list":             {"[Int]", `[1,null]`, `[1,null]`, ""},
		"null in a list without":     {"[Int!]", `[1,null]`, "", "$x.1: Int! cannot be null"},
		"a list in a list":           {"[Int]", `[[1]]`, "", "$x.0: "},
		"lists in lists":             {"[[Int!]!]", `[[1],[2,3]]`, `[[1],[2,3]]`, ""},
		"lists in lists of one":      {"[[Int!]!]", `5`, `[[5]]`, ""},
		"custom":                     {"Even", `12`, `12`, ""},
		"custom, refused":            {"Even", `13`, "", "Even cannot be 13. An Even is even."},
		"object":                     {"Box", `{"int":1.0,"id":7,"colour":"RED"}`, `{"colour":"RED","id":"7","int":1}`, ""},
		"object in an object":        {"Box", `{"box":{"boxes":[{"int":1}]}}`, `{"box":{"boxes":[{"int":1}]}}`, ""},
		"a wrong enum deep inside":   {"Box", `{"box":{"boxes":[{},{"colours":["RED","red"]}]}}`, "", "$x.box.boxes.1.colours.1:"},
		"a wrong Int deep inside":    {"Box", `{"box":{"boxes":{"int":"5"}}}`, "", `$x.box.boxes.int: an Int`},
		"a custom one deep inside":   {"Box", `{"box":{"even":3}}`, "", "$x.box.even:"},
		"a list for an object":       {"Box", `[]`, "", "Box is an object, not […]"},
		"a text for an object":       {"Box", `"{}"`, "", `Box is an object, not "{}"`},
		"an unknown field":           {"Box", `{"Int":1}`, "", `$x.Int: Box has no such field. Did you mean "int"?`},
		"__typename":                 {"Box", `{"__typename":"Box"}`, "", "has no such field"},
		"null for one with default":  {"Box", `{"needed":null}`, "", "$x.needed: Int! cannot be null"},
		"without one with default":   {"Box", `{}`, `{}`, ""},
		"without one that is needed": {"Strict", `{}`, "", "$x.needed: Int! must be given"},
		"one of":                     {"Box", `{"one":{"a":1}}`, `{"one":{"a":1}}`, ""},
		"one of none":                {"Box", `{"one":{}}`, "", "takes exactly one field, not 0"},
		"one of two":                 {"Box", `{"one":{"a":1,"b":2}}`, "", "takes exactly one field, not 2"},
		"one of two, null":           {"Box", `{"one":{"a":1,"b":null}}`, "", "takes exactly one field, not 2"},
		"one of, null":               {"Box", `{"one":{"a":null}}`, "", "cannot be null"},
		"a long text is not shown":   {"Int", `"` + long + `"`, "", `not "…" (200)`},
		"a long number is cut":       {"Int", strings.Repeat("9", 200), "", strings.Repeat("9", 40) + "…"},
		"a long name is cut":         {"Box", `{"` + long + `":1}`, "", strings.Repeat("s", 40) + "…:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ask(t, srv, "query ($x: "+tc.typ+") { take("+argument(tc.typ)+": $x) }", `{"x":`+tc.value+`,"other":{"a":[]}}`)
			if tc.error == "" {
				if len(a.Errors) > 0 || string(a.Data) != `{"x":`+tc.want+`}` {
					t.Errorf("got %s, %+v", a.Data, a.Errors)
				}
				return
			}
			code := "GRAPHQL_VALIDATION_FAILED"
			if strings.Contains(tc.error, "Even cannot") || strings.Contains(tc.error, "even:") {
				code = "BAD_CURSOR" // The scalar's own.
			}
			if len(a.Errors) != 1 || a.Errors[0].Extensions.Code != code || !strings.Contains(a.Errors[0].Message, tc.error) ||
				!strings.HasPrefix(a.Errors[0].Extensions.Variable, "x") || strings.Contains(a.Errors[0].Message, long) {
				t.Errorf("got %s, %+v", a.Data, a.Errors)
			}
		})
	}
}

// argument is one that takes a variable of a type.
func argument(typ string) string {
	switch strings.TrimRight(typ, "!") {
	case "[Colour]":
		return "colours"
	case "[Int]", "[Int!]":
		return "ints"
	case "[[Int!]!]":
		return "grid"
	default:
		return strings.ToLower(strings.Trim(typ, "[]!"))
	}
}

func TestVariablesThatAreNotGiven(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for name, tc := range map[string]struct{ query, variables, want, error string }{
		"absent":                       {"query($x: Int){take(int:$x)}", `{}`, `{}`, ""},
		"absent, with a default":       {"query($x: Int = 3){take(int:$x)}", `{}`, `{"x":3}`, ""},
		"absent, needed":               {"query($x: Int!){take(int:$x)}", `{}`, "", "$x: Int! must be given"},
		"no variables at all":          {"query($x: Int!){take(int:$x)}", `null`, "", "$x: Int! must be given"},
		"null for a default":           {"query($x: Int = 3){take(needed:$x)}", `{"x":null}`, "", "$x: it is used where Int! is needed and cannot be null"},
		"null for the argument's own":  {"query($x: Int){take(needed:$x)}", `{"x":null}`, "", "cannot be null"},
		"absent for the argument's":    {"query($x: Int){take(needed:$x)}", `{}`, `{}`, ""},
		"null in an input":             {"query($x: Int = 3){take(strict:{needed:$x})}", `{"x":null}`, "", "cannot be null"},
		"null in a fragment":           {"query($x: Int = 3){...F} fragment F on Query{take(needed:$x)}", `{"x":null}`, "", "cannot be null"},
		"null in @skip":                {"query($x: Boolean = true){take @skip(if:$x)}", `{"x":null}`, "", "cannot be null"},
		"null in @include of a spread": {"query($x: Boolean = true){...F @include(if:$x)} fragment F on Query{take}", `{"x":null}`, "", "cannot be null"},
		"null where it may":            {"query($x: Int = 3){take(int:$x)}", `{"x":null}`, `{"x":null}`, ""},
		"of another operation":         {"query A{take} ", `{"x":[]}`, `{}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ask(t, srv, tc.query, tc.variables)
			switch {
			case tc.error == "" && (len(a.Errors) > 0 || string(a.Data) != tc.want):
				t.Errorf("got %s, %+v", a.Data, a.Errors)
			case tc.error != "" && (len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "GRAPHQL_VALIDATION_FAILED" || !strings.Contains(a.Errors[0].Message, tc.error)):
				t.Errorf("got %s, %+v", a.Data, a.Errors)
			}
		})
	}
}

func TestLiterals(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for literal, code := range map[string]string{
		`int: 5`: "", `int: 2147483648`: "V", `int: "5"`: "V", `int: 1.0`: "V", `int: 1e3`: "V", `int: true`: "V", `int: {}`: "V", `int: [1]`: "V", `int: FIVE`: "V",
		`ints: 5`: "", `ints: [5]`: "", `ints: [3000000000]`: "V", `ints: 3000000000`: "V", `ints: {}`: "V", `grid: [[1]]`: "", `grid: [[3000000000]]`: "V",
		`float: 1`: "", `float: 1.5`: "", `float: "1.5"`: "V", `float: "NaN"`: "V", `float: NaN`: "V", `float: 1e999`: "V", `float: {}`: "V",
		`string: "a"`: "", `string: """a"""`: "", `string: 5`: "V", `string: A`: "V", `string: {}`: "V", `string: ["a"]`: "V",
		`boolean: true`: "", `boolean: "true"`: "V", `boolean: 1`: "V", `boolean: {}`: "V",
		`id: "a"`: "", `id: 7`: "", `id: 7.5`: "V", `id: true`: "V", `id: {}`: "V",
		`colour: RED`: "", `colour: red`: "V", `colour: "RED"`: "V", `colour: 0`: "V", `colour: {}`: "V", `colour: [RED]`: "V",
		`even: 4`: "", `even: 5`: "C", `even: "4"`: "C", `even: [4]`: "C", `even: {}`: "V", `even: FOUR`: "V", `even: 99999999999999999999`: "V",
		`box: {}`: "", `box: {even: 5}`: "C", `box: {box: {int: 3000000000}}`: "V", `box: {boxes: {colour: red}}`: "V", `box: 5`: "V", `box: "{}"`: "V", `box: []`: "V",
		`box: {needed: null}`: "V", `box: {one: {a: 1, b: 2}}`: "V", `box: {one: {}}`: "V", `needed: null`: "V",
	} {
		t.Run(literal, func(t *testing.T) {
			t.Parallel()
			want := map[string]string{"": "", "V": "GRAPHQL_VALIDATION_FAILED", "C": "BAD_CURSOR"}[code]
			a := ask(t, srv, "{take("+literal+")}", "{}")
			if want == "" && len(a.Errors) > 0 || want != "" && (len(a.Errors) == 0 || a.Errors[0].Extensions.Code != want) {
				t.Errorf("got %s, %+v", a.Data, a.Errors)
			}
		})
	}
	if a := ask(t, srv, "query($x: Int = 3000000000){take(int:$x)}", "{}"); len(a.Errors) == 0 {
		t.Error("a default beyond 32 bits passes")
	}
}

// TestDocumentsAreRefusedInTheirOwnWords: what is wrong with a document is left to the validation.
func TestDocumentsAreRefusedInTheirOwnWords(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	for name, tc := range map[string]struct{ query, code, says string }{
		"no GraphQL":            {"{", "GRAPHQL_PARSE_FAILED", "Expected Name"},
		"an unknown type":       {"query($x: Bx){take(box:$x)}", "GRAPHQL_VALIDATION_FAILED", "Bx"},
		"a type of answers":     {"query($x: Query){take(box:$x)}", "GRAPHQL_VALIDATION_FAILED", "Query"},
		"in another position":   {"query($x: String){take(int:$x)}", "GRAPHQL_VALIDATION_FAILED", "position expecting"},
		"an undefined variable": {"{take(int:$x)}", "GRAPHQL_VALIDATION_FAILED", "not defined"},
	} {
		a := ask(t, srv, tc.query, `{"x":"a"}`)
		if len(a.Errors) == 0 || a.Errors[0].Extensions.Code != tc.code || !strings.Contains(a.Errors[0].Message, tc.says) {
			t.Errorf("%s: %+v", name, a.Errors)
		}
	}
}

func TestEveryScalarNeedsAReader(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: schemaText})
	executable := &graphql.ExecutableSchemaMock{SchemaFunc: func() *ast.Schema { return schema }}
	documents := lru.New[*ast.QueryDocument](1)
	if err := (&coerce.Variables{Documents: documents, Scalars: scalars()}).Validate(executable); err != nil {
		t.Error(err)
	}
	for name, v := range map[string]*coerce.Variables{"no reader": {Documents: documents}, "no cache": {Scalars: scalars()}} {
		if err := v.Validate(executable); err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
