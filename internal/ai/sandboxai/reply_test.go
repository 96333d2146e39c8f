package sandboxai_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
)

// answer is one whole stream.
type answer struct {
	deltas []string
	final  *ai.TextResult
	err    *ai.Error
}

func (a answer) text() string { return strings.Join(a.deltas, "") }

func stream(ctx context.Context, t *testing.T, p ai.TextStreamer, req ai.TextRequest) answer {
	t.Helper()
	var a answer
	for ev, err := range p.StreamText(ctx, req) {
		if err != nil && !errors.As(err, &a.err) {
			t.Fatalf("error %v is no *ai.Error", err)
		}
		if ev.Delta != "" {
			a.deltas = append(a.deltas, ev.Delta)
		}
		a.final = ev.Final
	}
	return a
}

// answerTo returns the reply of a sandbox without waits to a prompt.
func answerTo(t *testing.T, prompt string) answer {
	t.Helper()
	return stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), request(prompt))
}

func request(prompt string) ai.TextRequest {
	return ai.TextRequest{Model: "sandbox-text", Turns: []ai.Turn{{Role: ai.RoleUser, Text: prompt}}}
}

func TestReplyIsAFunctionOfTheConversation(t *testing.T) {
	t.Parallel()
	base := request("How do I plan a garden?")
	base.Instruction = "Be kind."
	first := stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), base)
	again := stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), base)
	if !slices.Equal(first.deltas, again.deltas) || *first.final != *again.final {
		t.Error("the same conversation got two replies")
	}
	model, instruction, turns := base, base, base
	model.Model = "sandbox-other"
	instruction.Instruction = "Be brief."
	turns.Turns = append([]ai.Turn{{Role: ai.RoleUser, Text: "Hi"}, {Role: ai.RoleAssistant, Text: "Hello"}}, base.Turns...)
	for name, req := range map[string]ai.TextRequest{"model": model, "instruction": instruction, "turns": turns} {
		if other := stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), req); other.text() == first.text() {
			t.Errorf("another %s got the same reply", name)
		}
	}
}

func TestReplyIsMarkdownInTheLanguageOfThePrompt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, prompt string
		korean       bool
	}{
		{"English", "How do I learn to bake bread?", false},
		{"Korean", "빵 굽는 법을 배우고 싶어요", true},
		{"Korean about code", "이 함수가 무엇을 하는지 설명해 주세요: func main() {}", true},
		{"Korean with more code than words", "이 코드를 설명해 주세요: func main() { fmt.Println(x) }", true},
		{"English with one Korean word", "What does the word 사랑 mean, and how is it used in daily speech?", false},
		{"another language", "¿Cómo aprendo a hacer pan?", false},
		{"no words", "🌱", false},
		{"directives only", "[sandbox:fast]", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := answerTo(t, tt.prompt)
			text := got.text()
			if isKorean := strings.Contains(text, "물으셨습니다"); isKorean != tt.korean {
				t.Errorf("Korean = %t, want %t:\n%s", isKorean, tt.korean, text)
			}
			checkMarkdown(t, text)
			checkUnits(t, text)
			if got.final == nil || got.final.Finish != ai.FinishStop {
				t.Errorf("final = %+v, error = %v", got.final, got.err)
			}
		})
	}
}

func checkMarkdown(t *testing.T, text string) {
	t.Helper()
	if !strings.HasPrefix(text, "## ") {
		t.Errorf("no heading:\n%s", text)
	}
	if !strings.Contains(text, "\n- ") && !strings.Contains(text, "\n1. ") {
		t.Errorf("no list:\n%s", text)
	}
	if strings.Count(text, "```")%2 != 0 {
		t.Errorf("a fence is left open:\n%s", text)
	}
}

// checkUnits wants text in which bytes, UTF-16 units and code points all differ.
func checkUnits(t *testing.T, text string) {
	t.Helper()
	beyond := strings.ContainsFunc(text, func(r rune) bool { return r > 0xFFFF })
	hangul := strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
	if !beyond || !hangul {
		t.Errorf("beyond the BMP = %t, Hangul = %t; want both:\n%s", beyond, hangul, text)
	}
}

func TestRepliesSometimesHoldCode(t *testing.T) {
	t.Parallel()
	fenced, total := 0, 60
	for i := range total {
		if strings.Contains(answerTo(t, fmt.Sprintf("Question %d", i)).text(), "```") {
			fenced++
		}
	}
	if fenced < total/5 || fenced > total*9/10 {
		t.Errorf("%d of %d replies hold code, want some but not all", fenced, total)
	}
}

func TestReplyRepeatsNoSectionEarly(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{"bread", "gardens", "maps"} {
		seen := map[string]bool{}
		for section := range strings.SplitSeq(answerTo(t, "[sandbox:tokens=300] "+topic).text(), "\n\n") {
			if seen[section] {
				t.Errorf("%s: twice in 300 tokens: %q", topic, section)
			}
			seen[section] = true
		}
	}
}

func TestReplySummarizesTheConversation(t *testing.T) {
	t.Parallel()
	chat := func(turns int, prompt string) ai.TextRequest {
		req := request(prompt)
		for range turns {
			req.Turns = append([]ai.Turn{{Role: ai.RoleUser, Text: "Q"}, {Role: ai.RoleAssistant, Text: "A"}}, req.Turns...)
		}
		return req
	}
	instructed := chat(1, "And then?")
	instructed.Instruction = "Be brief."
	tests := []struct {
		name string
		req  ai.TextRequest
		want string
	}{
		{"first turn", chat(0, "Why?"), "“Why?”: turn 1 of this chat, with no messages before it."},
		{"third turn", chat(2, "Why?"), "turn 3 of this chat, with 4 messages before it."},
		{"instruction", instructed, "with 2 messages before it and an instruction to follow."},
		{"Korean", chat(2, "왜요"), "「왜요」에 대해 물으셨습니다. 이 대화의 3번째 질문이고, 앞선 메시지 4개를 읽었습니다."},
		{"Korean at first", chat(0, "왜요"), "이 대화의 첫 번째 질문이고, 앞선 메시지는 없습니다."},
		{"no directive in the quotation", chat(0, "Why [sandbox:fast] not?"), "“Why not?”"},
		{"no Markdown in the quotation", chat(0, "# *Why* `not`?"), "“Why not?”"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), tt.req).text(); !strings.Contains(got, tt.want) {
				t.Errorf("reply lacks %q:\n%s", tt.want, got)
			}
		})
	}
}

func TestReplyStaysWithinItsLimit(t *testing.T) {
	t.Parallel()
	for _, prompt := range []string{"Tell me all", "전부 말해 주세요", "[sandbox:tokens=500] 🌱"} {
		for _, limit := range []int{1, 2, 7, 50} {
			req := request(prompt)
			req.MaxOutputTokens = limit
			got := stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), req)
			if got.final.Finish != ai.FinishLength || got.final.Usage.Output != int64(limit) {
				t.Errorf("%q with limit %d: finish %s, %d tokens", prompt, limit, got.final.Finish, got.final.Usage.Output)
			}
		}
	}
}

func TestReplyCountsItsTokens(t *testing.T) {
	t.Parallel()
	req := request("How much is it?")
	got := stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), req)
	want := ai.Usage{Known: true, Input: ai.EstimateInput(req), Output: ai.EstimateTokens(got.text())}
	if got.final.Usage != want {
		t.Errorf("usage = %+v, want %+v", got.final.Usage, want)
	}
}

func TestRequestWithoutAQuestionIsRefused(t *testing.T) {
	t.Parallel()
	answered := request("Hi")
	answered.Turns = append(answered.Turns, ai.Turn{Role: ai.RoleAssistant, Text: "Hello"})
	for name, req := range map[string]ai.TextRequest{"no turns": {}, "answered already": answered} {
		got := stream(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), req)
		if ai.KindOf(got.err) != ai.BadRequest {
			t.Errorf("%s: error = %v, want bad_request", name, got.err)
		}
	}
}

func TestCancelReportsUsageSoFar(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	never := func(ctx context.Context, _ time.Duration) error { <-ctx.Done(); return ctx.Err() }
	req := request("[sandbox:fast][sandbox:stall_after=3] Hi")
	read := ""
	for ev, err := range sandboxai.New(sandboxai.Wait(never)).StreamText(ctx, req) {
		if read += ev.Delta; len(read) > 8 {
			cancel()
		}
		if err == nil {
			continue
		}
		var e *ai.Error
		want := ai.Usage{Known: true, Input: ai.EstimateInput(req), Output: ai.EstimateTokens(read)}
		if !errors.As(err, &e) || e.Kind != ai.Canceled || !e.Shown || e.Usage != want {
			t.Errorf("error = %+v, want canceled with usage %+v", e, want)
		}
	}
}

func FuzzPromptsAreAnswered(f *testing.F) {
	for _, prompt := range []string{"Hi", "[sandbox:nul] 한글", "[sandbox:tokens=9]", "[sandbox:", "\xff\x00", "👩‍💻[sandbox:echo]", "“”"} {
		f.Add(prompt, 5)
	}
	p := sandboxai.New(sandboxai.Cadence(0))
	f.Fuzz(func(t *testing.T, prompt string, limit int) {
		if strings.Contains(prompt, "stall_after") {
			t.Skip("hangs, as it should")
		}
		req := request(prompt)
		req.MaxOutputTokens = limit
		got := stream(t.Context(), t, p, req)
		if (got.final == nil) == (got.err == nil) {
			t.Errorf("final = %v, error = %v; want one of them", got.final, got.err)
		}
		for _, delta := range got.deltas {
			if !utf8.ValidString(delta) || strings.ContainsRune(delta, 0) {
				t.Errorf("delta %q breaks the port", delta)
			}
		}
		if got.final != nil && limit > 0 && got.final.Usage.Output > int64(limit) {
			t.Errorf("%d tokens, limit %d", got.final.Usage.Output, limit)
		}
	})
}
