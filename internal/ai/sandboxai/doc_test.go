package sandboxai

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestEveryDirectiveIsDocumented compares the package comment's table to the code.
func TestEveryDirectiveIsDocumented(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile(`(?m)^//\t\[sandbox:([a-z_]+)`).FindAllSubmatch(source, -1) {
		documented = append(documented, string(m[1]))
	}
	known := slices.AppendSeq(slices.Collect(maps.Keys(faults)), maps.Keys(setters))
	slices.Sort(documented)
	slices.Sort(known)
	if !slices.Equal(documented, known) {
		t.Errorf("documented %v\nknown      %v", documented, known)
	}
}
