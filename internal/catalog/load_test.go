package catalog

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const rest = `"name":"A","provider":"p","providerModel":"a","kind":"TEXT","description":"d","maxInputChars":1,"maxOutputTokens":1`
	tests := []struct {
		name, data, names string
	}{
		{"no JSON", `[`, "EOF"},
		{"no models", `[]`, "default"},
		{"an unknown field", fmt.Sprintf(`[{"id":"a",%s,"price":1}]`, rest), "price"},
		{"no id", fmt.Sprintf(`[{%s}]`, rest), "lacks"},
		{"an id twice", fmt.Sprintf(`[{"id":"a",%s},{"id":"a",%[1]s}]`, rest), "twice"},
		{"an unknown kind", strings.Replace(fmt.Sprintf(`[{"id":"a",%s}]`, rest), "TEXT", "SMELL", 1), "SMELL"},
		{"no limit", strings.Replace(fmt.Sprintf(`[{"id":"a",%s}]`, rest), `"maxInputChars":1`, `"maxInputChars":0`, 1), "limits"},
		{"retired without successor", fmt.Sprintf(`[{"id":"a",%s,"retired":true}]`, rest), "successor"},
		{"a successor without retiring", fmt.Sprintf(`[{"id":"a",%s,"successor":"b"}]`, rest), "successor"},
		{"a successor that is not there", fmt.Sprintf(`[{"id":"a",%s},{"id":"b",%[1]s,"retired":true,"successor":"c"}]`, rest), "not on offer"},
		{"a successor that is retired", fmt.Sprintf(`[{"id":"a",%s},{"id":"b",%[1]s,"retired":true,"successor":"b"}]`, rest), "not on offer"},
		{"all retired", fmt.Sprintf(`[{"id":"a",%s,"retired":true,"successor":"a"}]`, rest), "not on offer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse([]byte(tt.data), Settings{})
			if err == nil || !strings.Contains(err.Error(), tt.names) {
				t.Errorf("parse = %v, want an error that names %s", err, tt.names)
			}
		})
	}
}
