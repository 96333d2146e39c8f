package locale_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// place is where the sources have a text, and how many arguments it gets there: -1 where that cannot be seen.
type place struct {
	at   string
	args int
}

// collection is every text of the sources by its English format, and what is wrong with how they are written.
type collection struct {
	texts  map[string][]place
	faults []string
}

// constructors take an English format as the argument of that number.
var constructors = map[string]int{"errs.New": 1, "errs.Wrap": 2, "errs.Input": 2, "errs.Textf": 0}

// folder is one package: its files, and which of its own functions and types pass a format on.
type folder struct {
	path  string
	fset  *token.FileSet
	files []*ast.File
	// wrappers are functions by the place of their format; texts are string types whose constants are formats.
	wrappers map[string]int
	texts    map[string]bool
	consts   map[string]string
}

// collect reads all sources but tests and what is generated.
func collect(t *testing.T) *collection {
	t.Helper()
	byPath := map[string]*folder{}
	for _, top := range []string{"internal", "graph", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			switch name := d.Name(); {
			case err != nil:
				return err
			case d.IsDir() && (strings.HasSuffix(name, "test") || name == "testdata" || name == "node_modules"):
				return fs.SkipDir
			case d.IsDir(), !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"), name == "generated.go", name == "models_gen.go":
				return nil
			}
			dir := filepath.Dir(path)
			if byPath[dir] == nil {
				byPath[dir] = &folder{path: dir, fset: token.NewFileSet(), wrappers: map[string]int{}, texts: map[string]bool{}, consts: map[string]string{}}
			}
			f, err := parser.ParseFile(byPath[dir].fset, path, nil, parser.SkipObjectResolution)
			byPath[dir].files = append(byPath[dir].files, f)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	c := &collection{texts: map[string][]place{}}
	for _, f := range byPath {
		f.learn()
		f.gather(c)
	}
	return c
}

// formatOf is the place of the format among a call's arguments; -1 for a call that takes none.
func (f *folder) formatOf(call *ast.CallExpr) int {
	switch fn := call.Fun.(type) {
	case *ast.Ident:
		if strings.HasSuffix(f.path, "/errs") {
			return -1 // It makes what the others call.
		}
		if at, ok := f.wrappers[fn.Name]; ok {
			return at
		}
	case *ast.SelectorExpr:
		if pkg, ok := fn.X.(*ast.Ident); ok {
			if at, ok := constructors[pkg.Name+"."+fn.Sel.Name]; ok {
				return at
			}
		}
		if fn.Sel.Name == "Fail" && len(call.Args) >= 3 { // text.Checker's
			return 2
		}
	}
	return -1
}

// learn finds constants, and the functions that pass one of their parameters on as a format, until there are no more.
func (f *folder) learn() {
	f.each(func(n ast.Node) {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for i, name := range spec.Names {
				if i < len(spec.Values) {
					if text, ok := literal(spec.Values[i]); ok {
						f.consts[name.Name] = text
					}
				}
			}
		}
	})
	for known := -1; known != len(f.wrappers); {
		known = len(f.wrappers)
		f.each(func(n ast.Node) {
			if decl, ok := n.(*ast.FuncDecl); ok && decl.Body != nil {
				f.learnFunc(decl)
			}
		})
	}
}

func (f *folder) learnFunc(decl *ast.FuncDecl) {
	params := parameters(decl)
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		var format ast.Expr
		switch n := n.(type) {
		case *ast.CallExpr:
			if at := f.formatOf(n); at >= 0 && at < len(n.Args) {
				format = n.Args[at]
			}
		case *ast.CompositeLit:
			format = formatField(n)
		}
		if format == nil {
			return true
		}
		name, isConversion := nameOf(format)
		for i, p := range params {
			if p.name == name && name != "" {
				if isConversion && p.typ != "string" {
					f.texts[p.typ] = true
				} else {
					f.wrappers[decl.Name.Name] = i
				}
			}
		}
		return true
	})
}

// formatField is the format of an errs.Text that is written out; nil for anything else.
func formatField(lit *ast.CompositeLit) ast.Expr {
	typ, ok := lit.Type.(*ast.SelectorExpr)
	if !ok || typ.Sel.Name != "Text" {
		return nil
	}
	if pkg, ok := typ.X.(*ast.Ident); !ok || pkg.Name != "errs" {
		return nil
	}
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Format" {
				return kv.Value
			}
		}
	}
	return nil
}

type parameter struct{ name, typ string }

func parameters(decl *ast.FuncDecl) (out []parameter) {
	for _, field := range decl.Type.Params.List {
		typ := ""
		if id, ok := field.Type.(*ast.Ident); ok {
			typ = id.Name
		}
		for _, name := range field.Names {
			out = append(out, parameter{name.Name, typ})
		}
	}
	return out
}

// nameOf is the variable of an expression, bare or in a conversion to string.
func nameOf(e ast.Expr) (name string, isConversion bool) {
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 {
		if fn, ok := call.Fun.(*ast.Ident); ok && fn.Name == "string" {
			name, _ = nameOf(call.Args[0])
			return name, true
		}
	}
	if id, ok := e.(*ast.Ident); ok {
		return id.Name, false
	}
	return "", false
}

// gather adds the folder's texts and faults to c.
func (f *folder) gather(c *collection) {
	for _, file := range f.files {
		for _, decl := range file.Decls {
			var params []parameter
			if fn, ok := decl.(*ast.FuncDecl); ok {
				params = parameters(fn)
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					f.call(c, n, params)
				case *ast.ValueSpec:
					f.constants(c, n)
				case *ast.CompositeLit:
					f.composite(c, n)
				}
				return true
			})
		}
	}
}

// verbatim are the files that pass on texts of others, or of old rows.
var verbatim = map[string]bool{
	"graph/gqlhttp/persisted.go": true, // Clients compare the words.
	"graph/gqlerr/protocol.go":   true, "graph/text.go": true, "internal/billing/timeline.go": true,
	"internal/admin/audit.go": true, "internal/admin/queue.go": true,
}

func (f *folder) call(c *collection, call *ast.CallExpr, params []parameter) {
	if fn, ok := call.Fun.(*ast.SelectorExpr); ok && fn.Sel.Name == "Verbatim" {
		if at := f.at(call); !verbatim[strings.Split(at, ":")[0]] {
			c.faults = append(c.faults, at+": errs.Verbatim is for what others said: list the file in `verbatim`, or write a text")
		}
	}
	if fn, ok := call.Fun.(*ast.SelectorExpr); ok && fn.Sel.Name == "Error" && strings.HasSuffix(f.path, "/server") {
		if pkg, ok := fn.X.(*ast.Ident); ok && pkg.Name == "http" && len(call.Args) == 3 {
			if _, isLiteral := literal(call.Args[1]); isLiteral {
				c.faults = append(c.faults, f.at(call)+": http.Error answers in English only; use refuse")
			}
		}
	}
	at := f.formatOf(call)
	if at < 0 || at >= len(call.Args) {
		return
	}
	format, ok := f.constant(call.Args[at])
	if !ok {
		name, _ := nameOf(call.Args[at])
		for _, p := range params {
			if p.name == name {
				return // Its callers have the literal.
			}
		}
		c.faults = append(c.faults, f.at(call)+": the format is no literal: write it in the call, or pass an errs.Text on")
		return
	}
	args := len(call.Args) - at - 1
	if call.Ellipsis.IsValid() {
		args = -1
	}
	if format == "%s" {
		c.faults = append(c.faults, f.at(call)+`: "%s" says nothing that can be translated: pass the errs.Text itself on`)
		return
	}
	c.texts[format] = append(c.texts[format], place{f.at(call), args})
}

// constants takes the constants of a type whose values are formats.
func (f *folder) constants(c *collection, spec *ast.ValueSpec) {
	typ, ok := spec.Type.(*ast.Ident)
	if !ok || !f.texts[typ.Name] {
		return
	}
	for _, v := range spec.Values {
		if text, ok := literal(v); ok {
			c.texts[text] = append(c.texts[text], place{f.at(v), 0})
		}
	}
}

// composite takes the messages of tables of failures, and refuses errors that are made without a text.
func (f *folder) composite(c *collection, lit *ast.CompositeLit) {
	if typ, ok := lit.Type.(*ast.MapType); ok {
		if value, ok := typ.Value.(*ast.Ident); ok && value.Name == "Failure" {
			for _, e := range lit.Elts {
				f.failure(c, e)
			}
		}
	}
	typ, ok := lit.Type.(*ast.SelectorExpr)
	if !ok || (typ.Sel.Name != "Error" && typ.Sel.Name != "InputError" && typ.Sel.Name != "InputErrors") {
		return
	}
	if pkg, ok := typ.X.(*ast.Ident); !ok || pkg.Name != "errs" {
		return
	}
	ast.Inspect(lit, func(n ast.Node) bool {
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Message" {
				c.faults = append(c.faults, f.at(kv)+": a Message without a Text; use errs.Fault or errs.New")
			}
		}
		return true
	})
}

func (f *folder) failure(c *collection, e ast.Expr) {
	if kv, ok := e.(*ast.KeyValueExpr); ok {
		e = kv.Value
	}
	fields, ok := e.(*ast.CompositeLit)
	if !ok {
		c.faults = append(c.faults, f.at(e)+": a failure is written out in its table")
		return
	}
	for _, field := range fields.Elts {
		if kv, ok := field.(*ast.KeyValueExpr); ok {
			field = kv.Value
		}
		if text, ok := literal(field); ok {
			c.texts[text] = append(c.texts[text], place{f.at(field), 0})
			return
		}
	}
	c.faults = append(c.faults, f.at(e)+": a failure without a literal message")
}

// constant is the value of a literal or of a constant of the package.
func (f *folder) constant(e ast.Expr) (string, bool) {
	if text, ok := literal(e); ok {
		return text, true
	}
	if id, ok := e.(*ast.Ident); ok {
		text, ok := f.consts[id.Name]
		return text, ok
	}
	return "", false
}

func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, ok1 := literal(e.X)
		right, ok2 := literal(e.Y)
		return left + right, ok1 && ok2 && e.Op == token.ADD
	default:
		return "", false
	}
}

func (f *folder) each(visit func(ast.Node)) {
	for _, file := range f.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if n != nil {
				visit(n)
			}
			return true
		})
	}
}

func (f *folder) at(n ast.Node) string {
	p := f.fset.Position(n.Pos())
	name, err := filepath.Rel(root, p.Filename)
	if err != nil {
		name = p.Filename
	}
	return fmt.Sprintf("%s:%d", name, p.Line)
}
