package sandboxai_test

import (
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
)

// TestFaultsOfOneModelAndOfLongConversations tests faults that another model, or fewer turns, avoid.
func TestFaultsOfOneModelAndOfLongConversations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prompt, model string
		turns         int
		want          ai.Kind
	}{
		"the model":          {"[sandbox:fail_model=a]", "a", 1, ai.ModelGone},
		"the model, by name": {"[sandbox:fail_model=a:overloaded]", "a", 1, ai.Overloaded},
		"another model":      {"[sandbox:fail_model=a:overloaded]", "b", 1, ""},
		"an unknown fault":   {"[sandbox:fail_model=a:whatever]", "a", 1, ""},
		"beside a fault":     {"[sandbox:auth][sandbox:fail_model=a]", "b", 1, ai.Auth},
		"as many turns":      {"[sandbox:max_turns=3]", "a", 3, ""},
		"more turns":         {"[sandbox:max_turns=2]", "a", 3, ai.ContextLength},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := ai.TextRequest{Model: c.model}
			for i := range c.turns {
				turn := ai.Turn{Role: ai.RoleUser, Text: c.prompt + " hello"}
				if i%2 == 1 {
					turn.Role = ai.RoleAssistant
				}
				req.Turns = append(req.Turns, turn)
			}
			got := stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), req)
			if c.want == "" && got.final == nil || c.want != "" && (got.err == nil || got.err.Kind != c.want) {
				t.Errorf("it ended with %v, want %q", got.err, c.want)
			}
		})
	}
}

func TestSeesDirectiveDescribesTheImages(t *testing.T) {
	t.Parallel()
	req := request("[sandbox:sees] look")
	req.Turns[0].Images = []ai.File{{Bytes: []byte("abc"), MIMEType: "image/png"}, {Bytes: nil, MIMEType: "image/webp"}}
	got := stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), req)
	if want := "turns: 1\nturn 1: image/png, 3 bytes\nturn 1: image/webp, 0 bytes"; got.text() != want {
		t.Errorf("it says %q, want %q", got.text(), want)
	}
}
