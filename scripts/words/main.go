// Command words fails if a name, a comment or a page uses a word that the glossary of CONTRIBUTING.md retires. make
// lint runs it from the root of the repository.
//
// The glossary's last column lists retired words. One in bold is refused in names and in text; one in code style is
// refused as a whole name only, since it has a common meaning in a sentence. Folders that pending.txt names are not
// checked yet; a folder that is listed and clean is an error, so the list only gets shorter.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

const (
	glossaryPage = "CONTRIBUTING.md"
	pendingPage  = "scripts/words/pending.txt"
)

func main() {
	faults, err := check(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "words:", err)
		os.Exit(2)
	}
	for _, f := range faults {
		fmt.Fprintln(os.Stdout, f)
	}
	if len(faults) > 0 {
		fmt.Fprintln(os.Stderr, "words: see the glossary in", glossaryPage)
		os.Exit(1)
	}
}

// check returns a line for each fault below root.
func check(root string) ([]string, error) {
	page, err := os.ReadFile(filepath.Join(root, glossaryPage))
	if err != nil {
		return nil, err
	}
	g, err := readGlossary(string(page))
	if err != nil {
		return nil, err
	}
	pending, err := readPending(filepath.Join(root, pendingPage))
	if err != nil {
		return nil, err
	}
	var faults []string
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if entry.IsDir() {
			if slices.Contains([]string{".git", "node_modules", "testdata", "dist"}, entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		found, err := g.faultsOf(name, path)
		if err != nil {
			return err
		}
		if folder := filepath.ToSlash(filepath.Dir(name)); len(found) > 0 && has(pending, folder) {
			pending[folder] = true
			return nil
		}
		faults = append(faults, found...)
		return nil
	})
	for folder, dirty := range pending {
		if !dirty {
			faults = append(faults, fmt.Sprintf("%s: %s has no retired word left: take it off the list", pendingPage, folder))
		}
	}
	slices.Sort(faults)
	return faults, err
}

func has(m map[string]bool, key string) bool {
	_, ok := m[key]
	return ok
}

// readPending returns the folders of the list, each false until a retired word is found in it.
func readPending(path string) (map[string]bool, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	folders := map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			folders[line] = false
		}
	}
	return folders, nil
}

// glossary holds retired words in lower case, with what to say instead.
type glossary struct {
	// anywhere is refused as a part of a name and in text, asName as a whole name.
	anywhere, asName map[string]string
}

var (
	bold = regexp.MustCompile(`\*\*([A-Za-z]+)\*\*`)
	code = regexp.MustCompile("`([A-Za-z]+)`")
)

// readGlossary reads the rows "| word | meaning | instead of |" below the heading "Words".
func readGlossary(page string) (glossary, error) {
	g := glossary{anywhere: map[string]string{}, asName: map[string]string{}}
	_, section, _ := strings.Cut(page, "\n## Words\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 {
			continue
		}
		word, retired := strings.TrimSpace(cells[1]), cells[3]
		for _, m := range bold.FindAllStringSubmatch(retired, -1) {
			g.anywhere[strings.ToLower(m[1])] = word
		}
		for _, m := range code.FindAllStringSubmatch(retired, -1) {
			g.asName[strings.ToLower(m[1])] = word
		}
	}
	if len(g.anywhere) == 0 || len(g.asName) == 0 {
		return g, fmt.Errorf("%s has no glossary", glossaryPage)
	}
	return g, nil
}

// faultsOf checks one file; of files that are neither Go nor Markdown, and of generated code, there is nothing to check.
func (g glossary) faultsOf(name, path string) ([]string, error) {
	switch filepath.Ext(name) {
	case ".go":
		return g.goFaults(name, path)
	case ".md":
		if name == glossaryPage {
			return nil, nil
		}
		raw, err := os.ReadFile(path)
		return g.textFaults(name, 1, string(raw)), err
	}
	return nil, nil
}

func (g glossary) goFaults(name, path string) ([]string, error) {
	raw, err := os.ReadFile(path)
	if err != nil || bytes.HasPrefix(raw, []byte("// Code generated")) {
		return nil, err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, raw, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var faults []string
	for _, group := range file.Comments {
		for _, c := range group.List {
			faults = append(faults, g.textFaults(name, files.Position(c.Pos()).Line, c.Text)...)
		}
	}
	for _, id := range declared(file) {
		if say, ok := g.nameFault(id.Name); ok {
			faults = append(faults, fmt.Sprintf("%s:%d: the name %s: say %s", name, files.Position(id.Pos()).Line, id.Name, say))
		}
	}
	return faults, nil
}

// nameFault says what to use instead of a declared name.
func (g glossary) nameFault(name string) (say string, refused bool) {
	if say, ok := g.asName[strings.ToLower(name)]; ok {
		return say, true
	}
	for _, part := range parts(name) {
		if say, ok := g.anywhere[part]; ok {
			return say, true
		}
	}
	return "", false
}

var word = regexp.MustCompile(`[A-Za-z]+`)

func (g glossary) textFaults(name string, line int, text string) []string {
	var faults []string
	for offset, part := range strings.Split(text, "\n") {
		for _, w := range word.FindAllString(part, -1) {
			if say, ok := g.anywhere[strings.ToLower(w)]; ok {
				faults = append(faults, fmt.Sprintf("%s:%d: %q: say %s", name, line+offset, w, say))
			}
		}
	}
	return faults
}

// parts returns the words of a camel-case name in lower case.
func parts(name string) []string {
	var out []string
	begin := 0
	runes := []rune(name)
	for i := 1; i <= len(runes); i++ {
		next := i+1 < len(runes) && unicode.IsLower(runes[i+1]) // The last capital of several begins a word: ANewKey.
		if i == len(runes) || runes[i] == '_' || unicode.IsUpper(runes[i]) && (next || !unicode.IsUpper(runes[i-1])) {
			out = append(out, strings.ToLower(strings.Trim(string(runes[begin:i]), "_")))
			begin = i
		}
	}
	return out
}

// declared returns the names that a file declares.
func declared(file *ast.File) []*ast.Ident {
	var ids []*ast.Ident
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			ids = append(ids, n.Name)
		case *ast.TypeSpec:
			ids = append(ids, n.Name)
		case *ast.ValueSpec:
			ids = append(ids, n.Names...)
		case *ast.Field:
			ids = append(ids, n.Names...)
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, e := range n.Lhs {
					if id, ok := e.(*ast.Ident); ok {
						ids = append(ids, id)
					}
				}
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE {
					ids = append(ids, id)
				}
			}
		}
		return true
	})
	return ids
}
