package sandboxai_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
)

func TestFaultsHaveTheFormOfVendors(t *testing.T) {
	t.Parallel()
	for kind, name := range faultOf {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := answerTo(t, "Hi [sandbox:"+name+"]")
			if got.err == nil || got.err.Kind != kind || len(got.deltas) > 0 {
				t.Fatalf("error = %v after %d deltas, want %s", got.err, len(got.deltas), kind)
			}
			answered := kind != ai.Timeout && kind != ai.Unsupported
			if (got.err.HTTP != 0) != answered || (got.err.RequestID != "") != answered {
				t.Errorf("HTTP %d, request %q; the provider answered: %t", got.err.HTTP, got.err.RequestID, answered)
			}
			if got.err.Usage.Known {
				t.Errorf("a refused call reported usage %+v", got.err.Usage)
			}
		})
	}
}

func TestDirectivesChangeTheCourse(t *testing.T) {
	t.Parallel()
	plain := answerTo(t, "Tell me of bread")
	tests := []struct {
		name, prompt string
		deltas       int
		finish       ai.Finish
		kind         ai.Kind
	}{
		{name: "drop", prompt: "[sandbox:drop_after=5] Tell me of bread", deltas: 5, kind: ai.Interrupted},
		{name: "drop before the first", prompt: "Tell me of bread [sandbox:drop_after=0]", kind: ai.Interrupted},
		{name: "drop behind the last", prompt: "[sandbox:drop_after=9999] Tell me of bread", deltas: len(plain.deltas), kind: ai.Interrupted},
		{name: "filter", prompt: "[sandbox:filter_after=4] Tell me of bread", deltas: 4, finish: ai.FinishContentFilter},
		{name: "unknown", prompt: "Tell me [sandbox:dance] of bread", deltas: len(plain.deltas), finish: ai.FinishStop},
		{name: "malformed number", prompt: "[sandbox:drop_after=soon] Tell me of bread", deltas: len(plain.deltas), finish: ai.FinishStop},
		{name: "negative number", prompt: "[sandbox:drop_after=-1] Tell me of bread", deltas: len(plain.deltas), finish: ai.FinishStop},
		{name: "unknown fault", prompt: "[sandbox:fail_times=1:dance] Tell me of bread", deltas: len(plain.deltas), finish: ai.FinishStop},
		{name: "the later one counts", prompt: "[sandbox:drop_after=1][sandbox:drop_after=2] Tell me of bread", deltas: 2, kind: ai.Interrupted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := answerTo(t, tt.prompt)
			if want := strings.Join(plain.deltas[:tt.deltas], ""); got.text() != want {
				t.Errorf("text = %q, want %q", got.text(), want)
			}
			if kind := kindOf(got.err); kind != tt.kind {
				t.Errorf("error = %v, want %q", got.err, tt.kind)
			}
			if tt.finish != "" && (got.final == nil || got.final.Finish != tt.finish) {
				t.Errorf("final = %+v, want %s", got.final, tt.finish)
			}
		})
	}
}

// kindOf is ai.KindOf without the trap of a typed nil.
func kindOf(e *ai.Error) ai.Kind {
	if e == nil {
		return ""
	}
	return e.Kind
}

func TestDirectivesChangeTheText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, prompt, want string
		finish             ai.Finish
	}{
		{"echo", "[sandbox:echo] **한글** 👩‍💻\n\tand  spaces ", "**한글** 👩‍💻\n\tand  spaces", ai.FinishStop},
		{"echo in the middle", "one [sandbox:echo] two", "one two", ai.FinishStop},
		{"echo of nothing", "[sandbox:echo]", "", ai.FinishStop},
		{"U+0000", "[sandbox:echo][sandbox:nul] one two", "one\uFFFD two\uFFFD", ai.FinishStop},
		{"refusal", "[sandbox:refusal] Hi", "I'm sorry, but I can't help with that. 🙏 (The sandbox was asked to refuse.)", ai.FinishRefusal},
		{"refusal in Korean", "[sandbox:refusal] 안녕", "죄송하지만 그 요청은 도와드릴 수 없습니다. 🙏 (샌드박스가 거절하도록 요청받았습니다.)", ai.FinishRefusal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := answerTo(t, tt.prompt)
			if got.text() != tt.want || got.final == nil || got.final.Finish != tt.finish {
				t.Errorf("got %q, %+v; want %q, %s", got.text(), got.final, tt.want, tt.finish)
			}
		})
	}
}

func TestOnlyTheLastTurnDirects(t *testing.T) {
	t.Parallel()
	req := request("Hello again")
	req.Turns = append([]ai.Turn{
		{Role: ai.RoleUser, Text: "[sandbox:auth] Hi"},
		{Role: ai.RoleAssistant, Text: "[sandbox:quota]"},
	}, req.Turns...)
	if got := stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), req); got.err != nil {
		t.Errorf("a turn of the past failed this reply: %v", got.err)
	}
}

func TestTokensSetTheLength(t *testing.T) {
	t.Parallel()
	for prompt, want := range map[string]int64{
		"[sandbox:tokens=1] Hi":        1,
		"[sandbox:tokens=33] 안녕":       33,
		"[sandbox:tokens=5000] Hi":     5000,
		"[sandbox:tokens=99999999] Hi": 100_000,
	} {
		got := answerTo(t, prompt)
		if got.final == nil || got.final.Usage.Output != want || got.final.Finish != ai.FinishStop {
			t.Errorf("%s: final = %+v, want %d tokens", prompt, got.final, want)
		}
	}
}

func TestNoUsage(t *testing.T) {
	t.Parallel()
	if got := answerTo(t, "[sandbox:no_usage] Hi"); got.final.Usage != (ai.Usage{}) {
		t.Errorf("usage = %+v, want none", got.final.Usage)
	}
	if got := answerTo(t, "[sandbox:no_usage][sandbox:drop_after=2] Hi"); got.err.Usage != (ai.Usage{}) {
		t.Errorf("usage of a dropped call = %+v, want none", got.err.Usage)
	}
}

func TestFailTimesCountsAttempts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, prompt string
		waits        int
		kind         ai.Kind
	}{
		{"passes at the third", "[sandbox:fail_times=2:overloaded] Hi", 2, ""},
		{"outlasts the retries", "[sandbox:fail_times=4:upstream] Hi", 3, ai.Upstream},
		{"without a count it never passes", "[sandbox:fail_times=1:upstream][sandbox:overloaded] Hi", 3, ai.Overloaded},
		{"no retry for this fault", "[sandbox:fail_times=1:auth] Hi", 0, ai.Auth},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			waits := &recorder{}
			p := ai.Retrying(sandboxai.New(sandboxai.Cadence(0)), ai.RetryPolicy{Wait: waits.wait})
			got := stream(t.Context(), t, p, request(tt.prompt))
			if kindOf(got.err) != tt.kind || (got.final != nil) != (tt.kind == "") || len(waits.all) != tt.waits {
				t.Errorf("error = %v, final = %v after %d waits; want %q after %d", got.err, got.final, len(waits.all), tt.kind, tt.waits)
			}
		})
	}
}

func TestRateLimitHasARetryAfter(t *testing.T) {
	t.Parallel()
	var limited *ai.Error
	if !errors.As(answerTo(t, "[sandbox:rate_limit]").err, &limited) || limited.RetryAfter != 2*time.Second {
		t.Errorf("error = %+v, want a RetryAfter of 2 s", limited)
	}
}
