package playground_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// What a newcomer runs first, and what the page runs itself, must fit the contract as it is now and be
// in the build.
func TestOperationsFitTheContract(t *testing.T) {
	t.Parallel()
	schema, code := contract(t), script(t)
	documents, err := filepath.Glob("app/src/*/*.graphql")
	if err != nil || len(documents) == 0 {
		t.Fatalf("no operations found: %v", err)
	}
	for _, file := range documents {
		t.Run(strings.TrimPrefix(file, "app/src/"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(code, bare(text)) {
				t.Error("the build has another text: run make playground")
			}
			check(t, schema, text, variables(t, file))
		})
	}
}

// check validates a document and, where they stand beside it, the values for its variables.
func check(t *testing.T, schema *ast.Schema, text []byte, values map[string]any) {
	t.Helper()
	document, errs := gqlparser.LoadQueryWithRules(schema, string(text), rules.NewDefaultRules())
	if errs != nil {
		t.Fatal(errs)
	}
	if len(document.Operations) != 1 {
		t.Fatalf("%d operations, want one", len(document.Operations))
	}
	if values == nil {
		return
	}
	if _, err := validator.VariableValues(schema, document.Operations[0], values); err != nil {
		t.Error(err)
	}
}

// variables reads the values that stand beside a document; nil when there are none.
func variables(t *testing.T, file string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(strings.TrimSuffix(file, "graphql") + "json")
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := json.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	return values
}

func contract(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("../../schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// script is all code of the built page, bare.
func script(t *testing.T) string {
	t.Helper()
	var all []byte
	for _, name := range built(t) {
		if filepath.Ext(name) != ".js" {
			continue
		}
		body, err := os.ReadFile(filepath.Join("dist", name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, body...)
	}
	return bare(all)
}

// bare drops what a minifier may write in another way: white space, line ends and escapes.
func bare(text []byte) string {
	return strings.NewReplacer(`\n`, "", `\`, "", "\n", "", " ", "").Replace(string(text))
}
