package structure_test

import (
	"go/ast"
	"slices"
	"testing"
)

// ground are the files of package graph that its subjects stand on. What two subjects use belongs there.
var ground = []string{
	"access.go", "accountpayment.go", "address.go", "choice.go", "connection.go", "event.go", "input.go", "jobevent.go", "loader.go",
	"mutate.go", "node.go", "output.go", "planevent.go", "resolver.go", "services.go", "stream.go", "text.go", "usererror.go",
}

// layer is the height of a file: the ground, a subject, or the handler, which sees all.
func layer(name string) int {
	switch {
	case slices.Contains(ground, name):
		return 0
	case name == "handler.go":
		return 2
	default:
		return 1
	}
}

// TestNoArrowUpwards checks that a file uses functions, methods, types and variables of files below it alone: a subject those
// of the ground, the ground its own. A local variable must not have the name of another file's declaration.
func TestNoArrowUpwards(t *testing.T) {
	t.Parallel()
	files := sources(t)
	for _, name := range ground {
		if files[name] == nil {
			t.Errorf("there is no file %s", name)
		}
	}
	home := declarations(files)
	for name, file := range files {
		for use := range uses(file) {
			of, known := home[use]
			isBelow := layer(of) < layer(name) || layer(of) == 0 && layer(name) == 0
			if known && of != name && !isBelow {
				t.Errorf("%s uses %s of %s: move it to the ground", name, use, of)
			}
		}
	}
}

// declarations are the files by what they declare. A method is called by its name behind a dot: unexported ones are unique
// in the package by this test's rule, and exported ones are called by the generated code, but for those named with their type.
func declarations(files map[string]*ast.File) map[string]string {
	home := map[string]string{}
	for name, file := range files {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				home[declared(d)] = name
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					for _, id := range specNames(spec) {
						home[id] = name
					}
				}
			}
		}
	}
	return home
}

func declared(f *ast.FuncDecl) string {
	switch {
	case f.Recv == nil:
		return f.Name.Name
	case f.Name.IsExported():
		return receiverOf(f) + "." + f.Name.Name
	default:
		return "." + f.Name.Name
	}
}

func specNames(spec ast.Spec) (names []string) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		return []string{s.Name.Name}
	case *ast.ValueSpec:
		for _, id := range s.Names {
			names = append(names, id.Name)
		}
	}
	return names
}

// uses are the names that a file's code mentions, in the form of declarations.
func uses(file *ast.File) map[string]bool {
	found := map[string]bool{}
	skipped := map[ast.Node]bool{} // Names that mean something else where they stand: of fields, and behind a dot.
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.FuncDecl:
			skipped[x.Name] = true
		case *ast.CallExpr:
			if s, ok := x.Fun.(*ast.SelectorExpr); ok && !s.Sel.IsExported() {
				found["."+s.Sel.Name] = true
			}
		case *ast.SelectorExpr:
			skipped[x.Sel] = true
			if kind := literalType(x.X); kind != "" {
				found[kind+"."+x.Sel.Name] = true
			}
		case *ast.KeyValueExpr:
			skipped[x.Key] = true
		case *ast.Field:
			for _, id := range x.Names {
				skipped[id] = true
			}
		case *ast.Ident:
			found[x.Name] = found[x.Name] || !skipped[x]
		}
		return true
	})
	for name, isUsed := range found {
		if !isUsed {
			delete(found, name)
		}
	}
	return found
}

// literalType is T of (&T{...}); "" for another expression.
func literalType(x ast.Expr) string {
	paren, ok := x.(*ast.ParenExpr)
	if !ok {
		return ""
	}
	ref, ok := paren.X.(*ast.UnaryExpr)
	if !ok {
		return ""
	}
	lit, ok := ref.X.(*ast.CompositeLit)
	if !ok {
		return ""
	}
	if id, ok := lit.Type.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}
