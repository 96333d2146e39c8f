// Package contributing compares the worked examples of CONTRIBUTING.md with the code that they are from.
package contributing

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// example is a block of code behind a line "In `path`:".
type example struct {
	path  string
	parts [][]string // the lines of the block between lines that stand for what is left out
}

var (
	source = regexp.MustCompile("^\\s*In `([^`]+)`:$")
	fence  = regexp.MustCompile("^\\s*```\\w*$")
)

// examples reads the examples of a page in their order.
func examples(page string) []example {
	var all []example
	lines := strings.Split(page, "\n")
	for i := 0; i < len(lines); i++ {
		m := source.FindStringSubmatch(lines[i])
		if m == nil || i+2 >= len(lines) || !fence.MatchString(lines[i+2]) {
			continue
		}
		e := example{path: m[1], parts: [][]string{nil}}
		for i += 3; i < len(lines) && !fence.MatchString(lines[i]); i++ {
			line := strings.Join(strings.Fields(lines[i]), " ")
			if line == "…" {
				e.parts = append(e.parts, nil)
				continue
			}
			last := len(e.parts) - 1
			e.parts[last] = append(e.parts[last], line)
		}
		all = append(all, e)
	}
	return all
}

// missing returns the first part that does not follow the ones before it in the text; spaces do not count.
func (e example) missing(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	rest := "\n" + strings.Join(lines, "\n") + "\n"
	for _, part := range e.parts {
		want := "\n" + strings.Join(part, "\n") + "\n"
		at := strings.Index(rest, want)
		if at < 0 {
			return strings.Join(part, "\n")
		}
		rest = rest[at+len(want)-1:]
	}
	return ""
}

// TestExamplesAreTheCode fails for an example whose file has changed: the page would teach what no longer is.
func TestExamplesAreTheCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range examples(string(page)) {
		seen[e.path] = true
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.path)))
		if err != nil {
			t.Error(err)
			continue
		}
		if part := e.missing(string(text)); part != "" {
			t.Errorf("%s no longer has\n%s", e.path, part)
		}
	}
	for _, path := range []string{"schema.graphql", "graph/folder.go", "internal/catalog/models.yaml", "internal/ai/ai.go", "internal/app/config.go"} {
		if !seen[path] {
			t.Errorf("no example of %s was found", path)
		}
	}
}

func TestAChangedExampleIsFound(t *testing.T) {
	t.Parallel()
	const page = "In `a.go`:\n\n```go\none\n\ttwo\n…\nfour\n```\n"
	all := examples(page)
	if len(all) != 1 || all[0].path != "a.go" {
		t.Fatalf("%+v", all)
	}
	for text, want := range map[string]string{
		"one\n  two\nthree\nfour\n":   "",
		"one\nthree\ntwo\nfour\n":     "one\ntwo",
		"one\ntwo\nfourth\n":          "four",
		"four\none\ntwo\n":            "four",
		"zero\none\ntwo\nfour\nend\n": "",
	} {
		if got := all[0].missing(text); got != want {
			t.Errorf("in %q %q is missing, want %q", text, got, want)
		}
	}
}
