package aitest

import (
	"strings"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// The texts of the suite. Their lengths in bytes are multiples of four, so that a limit in tokens can end
// after them.
const (
	plainText   = "A reply of some plain words that arrives in more than one delta."
	unicodeText = "한국어와 emoji 👩‍💻🌱, 𝄞 and é: offsets differ in every unit."
)

func (h Harness) testReplies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		script Script
		want   string
	}{
		{"plain", Script{Text: plainText, Finish: ai.FinishStop}, plainText},
		{"many scripts", Script{Text: unicodeText, Finish: ai.FinishStop}, unicodeText},
		{"U+0000", Script{Text: "one\x00two and \x00three", Finish: ai.FinishStop}, "one\uFFFDtwo and \uFFFDthree"},
		{"no text", Script{Finish: ai.FinishStop}, ""},
		{"limit reached", Script{Text: plainText, Finish: ai.FinishLength}, plainText},
		{"filtered", Script{Text: plainText, Finish: ai.FinishContentFilter}, plainText},
		{"refused", Script{Text: plainText, Finish: ai.FinishRefusal}, plainText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			call := h.Play(t, tt.script)
			tr := listen(t, call.Streamer.StreamText(t.Context(), call.Request), nil)
			h.checkReply(t, tr, call.Request, tt.want, tt.script.Finish)
		})
	}
}

// checkReply requires the whole text and a final with all its fields.
func (h Harness) checkReply(t *testing.T, tr *transcript, req ai.TextRequest, text string, finish ai.Finish) {
	t.Helper()
	if tr.err != nil {
		t.Fatalf("failed: %v", tr.err)
	}
	if tr.final == nil {
		t.Fatal("no final")
	}
	if tr.text() != text {
		t.Errorf("text = %q, want %q", tr.text(), text)
	}
	if len(text) > 16 && len(tr.deltas) < 2 {
		t.Errorf("%d delta for %d bytes: this is no stream", len(tr.deltas), len(text))
	}
	if tr.final.Finish != finish || tr.final.RawFinish == "" {
		t.Errorf("finish = %q (raw %q), want %q and the provider's word", tr.final.Finish, tr.final.RawFinish, finish)
	}
	if !strings.HasPrefix(tr.final.Model, req.Model) {
		t.Errorf("model = %q, want %q or a version of it", tr.final.Model, req.Model)
	}
	checkUsage(t, tr.final.Usage, text)
}

// checkUsage requires a usage whose parts do not exceed their whole.
func checkUsage(t *testing.T, u ai.Usage, text string) {
	t.Helper()
	if !u.Known || u.Input <= 0 || (u.Output > 0) != (text != "") {
		t.Errorf("usage = %+v, want input and output counted for %d bytes", u, len(text))
	}
	if u.CachedInput > u.Input || u.Reasoning > u.Output {
		t.Errorf("usage = %+v: a part is more than its whole", u)
	}
}

// testConcurrent sends one request from several goroutines over one adapter.
func (h Harness) testConcurrent(t *testing.T) {
	t.Parallel()
	call := h.Play(t, Script{Text: unicodeText, Finish: ai.FinishStop})
	var readers sync.WaitGroup
	got := make([]*transcript, 8)
	for i := range got {
		readers.Go(func() { got[i] = record(call.Streamer.StreamText(t.Context(), call.Request), nil) })
	}
	readers.Wait()
	for _, tr := range got {
		for _, flaw := range tr.flaws {
			t.Error(flaw)
		}
		h.checkReply(t, tr, call.Request, unicodeText, ai.FinishStop)
	}
}
