package text_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/text"
)

func TestLoneSurrogate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, source string
		want         bool
	}{
		{"no escape", `{"a":"b"}`, false},
		{"other escapes", `{"a":"\n\t\"\u00e9\\"}`, false},
		{"a pair", `{"a":"\ud83d\ude00"}`, false},
		{"a pair in capitals", `{"a":"\uD83D\uDE00"}`, false},
		{"two pairs", `{"a":"\ud83d\ude00\ud83d\ude01"}`, false},
		{"high alone", `{"a":"\ud83d"}`, true},
		{"low alone", `{"a":"\ude00"}`, true},
		{"high before text", `{"a":"\ud83dx\ude00"}`, true},
		{"high before another escape", `{"a":"\ud83d\n"}`, true},
		{"high twice", `{"a":"\ud83d\ud83d\ude00"}`, true},
		{"low before high", `{"a":"\ude00\ud83d"}`, true},
		{"low after a pair", `{"a":"\ud83d\ude00\ude00"}`, true},
		{"in a key", `{"\ud800":1}`, true},
		{"after an empty string", `{"a":"","b":"\ud800"}`, true},
		{"a pair over two strings", `["\ud83d","\ude00"]`, true},
		{"an escaped backslash", `{"a":"\\ud83d"}`, false},
		{"an escaped backslash before an escape", `{"a":"\\\ud83d"}`, true},
		{"an escaped quote before an escape", `{"a":"\"\ud83d"}`, true},
		{"braces", `{ a(t: "\u{1F600}") }`, false},
		{"a surrogate in braces", `{ a(t: "\u{D83D}") }`, true},
		{"a pair in braces is none", `{ a(t: "\u{D83D}\u{DE00}") }`, true},
		{"half a pair in braces", `{ a(t: "\ud83d\u{DE00}") }`, true},
		{"braces with leading zeros", `{ a(t: "\u{0000D83D}") }`, true},
		{"a block string has no such escape", `{ a(t: """\ud83d""") }`, false},
		{"behind a block string", `{ a(t: """ " \""" """, u: "\ud83d") }`, true},
		{"in a comment", "# say \"\\ud83d\n{ a }", false},
		{"behind a comment with a quote", "# it's a \"\n{ a(t: \"\\ud83d\") }", true},
		{"outside of strings", `\ud83d`, false},
		{"cut off", `{"a":"\ud8`, false},
		{"cut off behind a high one", `{"a":"\ud83d`, true},
		{"ends with a backslash", `{"a":"\u0041\`, false},
		{"no digits", `{"a":"\uzzzz\ud83d"}`, true},
		{"open braces", `{ a(t: "\u{d83d") }`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := text.LoneSurrogate([]byte(tt.source)); got != tt.want {
				t.Errorf("LoneSurrogate(%s) = %t, want %t", tt.source, got, tt.want)
			}
		})
	}
}

// FuzzLoneSurrogate compares with what encoding/json does: it replaces each half of a pair
// by U+FFFD, and nothing else in valid UTF-8 that does not hold that character itself.
func FuzzLoneSurrogate(f *testing.F) {
	for _, seed := range []string{`\ud83d\ude00`, `\ud83d`, `\\ud83d`, `\ud83d\n\ude00`, `a\"\udfff`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, inside string) {
		source := []byte(`"` + inside + `"`)
		if !utf8.ValidString(inside) || strings.ContainsRune(inside, utf8.RuneError) || strings.Contains(strings.ToLower(inside), `\ufffd`) {
			t.Skip("the replacement character is there already")
		}
		var s string
		if json.Unmarshal(source, &s) != nil {
			t.Skip("no JSON string")
		}
		if got, want := text.LoneSurrogate(source), strings.ContainsRune(s, utf8.RuneError); got != want {
			t.Errorf("LoneSurrogate(%s) = %t, want %t", source, got, want)
		}
	})
}
