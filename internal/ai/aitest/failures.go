package aitest

import (
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// testFailures makes the provider refuse a request in each of its ways.
func (h Harness) testFailures(t *testing.T) {
	t.Parallel()
	if len(h.Fails) == 0 {
		t.Fatal("the harness names no failures")
	}
	for _, kind := range h.Fails {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			call := h.Play(t, Script{Text: plainText, Fail: kind})
			tr := listen(t, call.Streamer.StreamText(t.Context(), call.Request), nil)
			h.checkFailure(t, tr, call.Request, kind)
			if len(tr.deltas) > 0 {
				t.Errorf("a refused request wrote %q", tr.text())
			}
			if kind == ai.RateLimited && tr.err.RetryAfter <= 0 {
				t.Error("the provider's RetryAfter was lost")
			}
		})
	}
}

// checkFailure requires an error of kind that names its provider, model and cause.
func (h Harness) checkFailure(t *testing.T, tr *transcript, req ai.TextRequest, kind ai.Kind) {
	t.Helper()
	if tr.err == nil {
		t.Fatalf("no failure, final %+v; want %s", tr.final, kind)
	}
	if tr.err.Kind != kind {
		t.Errorf("kind = %s, want %s: %v", tr.err.Kind, kind, tr.err)
	}
	if tr.err.Provider != h.Provider || tr.err.Model != req.Model {
		t.Errorf("error of %q, model %q; want %q, %q", tr.err.Provider, tr.err.Model, h.Provider, req.Model)
	}
	if tr.err.Cause == nil {
		t.Error("no cause for the log")
	}
}
