package scalar_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/weav-ai/weav/graph/scalar"
	"github.com/weav-ai/weav/internal/errs"
)

func TestEnumsFailOnUnknownNames(t *testing.T) {
	t.Parallel()
	values := map[string]int{"FREE": 0, "STANDARD": 1}
	if got, err := scalar.UnmarshalEnum(values, "STANDARD"); got != 1 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	for name, bad := range map[string]any{
		"lower case": "standard", "unknown": "GOLD", "empty": "", "null": nil, "number": json.Number("1"), "list": []any{"STANDARD"},
	} {
		_, err := scalar.UnmarshalEnum(values, bad)
		wantRefused(t, name, err, errs.BadUserInput)
	}
}

// TestNoGeneratedMappingGivesAZeroValue: the readers that gqlgen writes are all replaced by ones that fail.
func TestNoGeneratedMappingGivesAZeroValue(t *testing.T) {
	t.Parallel()
	code, err := os.ReadFile("../generated.go")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`res := unmarshal\w+\S*\[tmp\]`).FindAllString(string(code), -1); len(found) > 0 {
		t.Errorf("%d mappings give a zero value, such as %s", len(found), found[0])
	}
	if n := len(regexp.MustCompile(`scalar\.UnmarshalEnum\(`).FindAll(code, -1)); n < 20 {
		t.Errorf("only %d strict mappings: the pattern of this test is out of date", n)
	}
}
