package ai_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
)

func TestCleanText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain text is kept", "안녕 🌱\n", "안녕 🌱\n"},
		{"U+0000", "a\x00b\x00\x00", "a\uFFFDb\uFFFD\uFFFD"},
		{"bytes that are no UTF-8", "a\xff\xfeb", "a\uFFFDb"},
		{"surrogate in UTF-8", "\xed\xa0\x80", "\uFFFD"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		got := ai.CleanText(tt.in)
		if got != tt.want || !utf8.ValidString(got) {
			t.Errorf("%s: CleanText(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestEstimateTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"": 0, "a": 1, "abcd": 1, "abcde": 2, "안녕하세요": 4, "🌱": 1} {
		if got := ai.EstimateTokens(text); got != want {
			t.Errorf("EstimateTokens(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestEstimateInput(t *testing.T) {
	t.Parallel()
	turns := []ai.Turn{{Role: ai.RoleUser, Text: "abcd"}, {Role: ai.RoleAssistant, Text: ""}}
	tests := []struct {
		name string
		req  ai.TextRequest
		want int64
	}{
		{"nothing", ai.TextRequest{}, 0},
		{"turns", ai.TextRequest{Turns: turns}, 5 + 4},
		{"an instruction is a turn too", ai.TextRequest{Instruction: "abcdefgh", Turns: turns}, 6 + 9},
		{"long", ai.TextRequest{Turns: []ai.Turn{{Text: strings.Repeat("x", 4000)}}}, 1004},
	}
	for _, tt := range tests {
		if got := ai.EstimateInput(tt.req); got != tt.want {
			t.Errorf("%s: EstimateInput = %d, want %d", tt.name, got, tt.want)
		}
	}
}
