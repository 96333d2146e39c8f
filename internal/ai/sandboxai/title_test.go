package sandboxai_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
)

// title requests the title of an exchange.
func title(t *testing.T, question ...string) answer {
	t.Helper()
	shown := "Person: " + strings.Join(question, "\n\nModel: ")
	req := ai.TextRequest{Model: "sandbox-text", Purpose: ai.PurposeTitle, Turns: []ai.Turn{{Role: ai.RoleUser, Text: shown}}}
	return stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), req)
}

// TestTitleRequestMustEndWithAUserTurn: a conversation that ends with a model's turn is refused, as with vendors.
func TestTitleRequestMustEndWithAUserTurn(t *testing.T) {
	t.Parallel()
	req := ai.TextRequest{Model: "sandbox-text", Purpose: ai.PurposeTitle, Turns: []ai.Turn{{Role: ai.RoleUser, Text: "hi"}, {Role: ai.RoleAssistant, Text: "hello"}}}
	if got := stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), req); kindOf(got.err) != ai.BadRequest {
		t.Errorf("error = %v, want bad_request", got.err)
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		said []string
		want string
	}{
		{"a question", []string{"how do I bake bread?", "## Bread"}, "How do I bake bread"},
		{"Korean", []string{"빵 굽는 법을 알려 주세요.", "## 빵"}, "빵 굽는 법을 알려 주세요"},
		{"quotation marks", []string{`"what" is “love” and 'why'?`}, "What is love and why"},
		{"quoted in the middle", []string{"say 'why', don't ask"}, "Say why, don't ask"},
		{"quoted whole", []string{"'don't panic'"}, "Don't panic"},
		{"Markdown and line breaks", []string{"\n# **Plan** my `week`\nin detail"}, "Plan my week"},
		{"faults of the reply do not touch it", []string{"[sandbox:auth] [sandbox:stall_after=0] bread"}, "Bread"},
		{"only directives", []string{"[sandbox:fast]", "Hello"}, "New conversation"},
		{"words come later", []string{"👋\nand now bread", "Hello"}, "And now bread"},
		{"nothing", []string{"?!"}, "New conversation"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := title(t, tt.said...); got.text() != tt.want || got.final == nil {
				t.Errorf("title = %q, error %v; want %q", got.text(), got.err, tt.want)
			}
		})
	}
}

func TestTitleIsShort(t *testing.T) {
	t.Parallel()
	for _, prompt := range []string{
		strings.Repeat("bread and butter ", 40),
		strings.Repeat("x", 500),
		strings.Repeat("가나다 ", 100),
		strings.Repeat("a👩‍💻", 100),
		strings.Repeat("word", 14) + " seven",
	} {
		got := title(t, prompt).text()
		if n := utf8.RuneCountInString(got); n > 60 || n < 30 {
			t.Errorf("title %q has %d code points, want 30 to 60", got, n)
		}
		if len(got) < len(strings.TrimSpace(prompt)) && !strings.HasSuffix(got, "…") {
			t.Errorf("title %q does not show that it is cut", got)
		}
	}
}

func TestTitleFails(t *testing.T) {
	t.Parallel()
	if got := title(t, "[sandbox:title_fails] Hi", "Hello"); kindOf(got.err) != ai.Upstream {
		t.Errorf("error = %v, want upstream", got.err)
	}
	if got := answerTo(t, "[sandbox:title_fails] Hi"); got.err != nil {
		t.Errorf("the reply failed with the title: %v", got.err)
	}
}
