// Package structure_test holds rules of package graph that its compiler does not check. It reads the source and the schema, and
// does not link the resolvers, so that it runs in a second.
package structure_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	gql "github.com/vektah/gqlparser/v2/ast"
)

// sources are the files of package graph that are written by hand, by name.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if !ast.IsGenerated(file) {
			out[filepath.Base(name)] = file
		}
	}
	return out
}

func schema(t *testing.T) *gql.Schema {
	t.Helper()
	text, err := os.ReadFile("../../schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	s, err := gqlparser.LoadSchema(&gql.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// receiverOf is the name of a method's type; "" for a function.
func receiverOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	kind := f.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	name, ok := kind.(*ast.Ident)
	if !ok {
		return ""
	}
	return name.Name
}

// TestEveryMutationChecksItsUser walks the resolvers of all mutations: each returns what mutate makes of its call, and only
// fields that the schema opens to everyone go through mutatePublic.
func TestEveryMutationChecksItsUser(t *testing.T) {
	t.Parallel()
	want := map[string]string{}
	for _, field := range schema(t).Mutation.Fields {
		if strings.HasPrefix(field.Name, "__") {
			continue
		}
		want[strings.ToLower(field.Name)] = "mutate"
		if needs := field.Directives.ForName("access"); needs != nil && needs.Arguments.ForName("needs").Value.Raw == "PUBLIC" {
			want[strings.ToLower(field.Name)] = "mutatePublic"
		}
	}
	for _, file := range sources(t) {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || receiverOf(f) != "mutationResolver" {
				continue
			}
			field := strings.ToLower(f.Name.Name)
			if got := returnedCall(f); got != want[field] {
				t.Errorf("%s must end with `return out, %s(...)`, and hold nothing before it but the payload; it ends with %q", f.Name.Name, want[field], got)
			}
			delete(want, field)
		}
	}
	for field := range want {
		t.Errorf("%s has no resolver", field)
	}
}

// returnedCall is the function whose error a resolver returns, if it does no more than make its payload and call that.
func returnedCall(f *ast.FuncDecl) string {
	if len(f.Body.List) != 2 {
		return ""
	}
	ret, ok := f.Body.List[1].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 2 {
		return ""
	}
	call, ok := ret.Results[1].(*ast.CallExpr)
	if !ok {
		return ""
	}
	name, ok := call.Fun.(*ast.Ident)
	if !ok {
		return ""
	}
	return name.Name
}
