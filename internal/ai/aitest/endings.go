package aitest

import (
	"context"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// testCanceled cancels before the call, while text arrives, and in silence. In each case the call must end
// within endTimeout.
func (h Harness) testCanceled(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		cancel func(text string) bool
	}{
		{"before it begins", func(text string) bool { return text == "" }},
		{"at the first delta", func(text string) bool { return text != "" }},
		{"in silence", func(text string) bool { return text == plainText }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			canceledAt := time.Now()
			onDelta := func(text string) {
				if ctx.Err() == nil && tt.cancel(text) {
					canceledAt = time.Now()
					cancel()
				}
			}
			call := h.Play(t, Script{Text: plainText, Ending: Hangs})
			onDelta("")
			tr := listen(t, call.Streamer.StreamText(ctx, call.Request), onDelta)
			checkEndsInTime(t, canceledAt)
			h.checkFailure(t, tr, call.Request, ai.Canceled)
			h.checkPartialUsage(t, tr)
			if len(tr.deltas) > 0 {
				checkClosed(t, call.Closed)
			}
		})
	}
}

// testDeadline lets the deadline of the context pass while the provider is silent.
func (h Harness) testDeadline(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"before the first delta": "", "after the text": plainText} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := h.Play(t, Script{Text: text, Ending: Hangs})
			deadline := time.Now().Add(200 * time.Millisecond)
			ctx, cancel := context.WithDeadline(t.Context(), deadline)
			defer cancel()
			tr := listen(t, call.Streamer.StreamText(ctx, call.Request), nil)
			checkEndsInTime(t, deadline)
			h.checkFailure(t, tr, call.Request, ai.Timeout)
		})
	}
}

// testReaderLeaves breaks the loop at the first delta.
func (h Harness) testReaderLeaves(t *testing.T) {
	t.Parallel()
	call := h.Play(t, Script{Text: plainText, Ending: Hangs})
	left := make(chan time.Time, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, err := range call.Streamer.StreamText(t.Context(), call.Request) {
			if err != nil {
				t.Errorf("the stream failed before it was left: %v", err)
			}
			left <- time.Now()
			break
		}
	}()
	select {
	case <-done:
		checkEndsInTime(t, <-left)
		checkClosed(t, call.Closed)
	case <-time.After(hangTimeout):
		t.Fatal("the call goes on without its reader")
	}
}

// testBroken ends the provider's stream without a terminal event.
func (h Harness) testBroken(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"before any text": "", "after the text": plainText} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := h.Play(t, Script{Text: text, Ending: Breaks})
			tr := listen(t, call.Streamer.StreamText(t.Context(), call.Request), nil)
			h.checkFailure(t, tr, call.Request, ai.Interrupted)
			if tr.text() != text {
				t.Errorf("text = %q, want all that came: %q", tr.text(), text)
			}
			if tr.err.Repeatable() != (text == "") {
				t.Errorf("repeatable = %t after %q", tr.err.Repeatable(), text)
			}
			if !tr.err.Accepted {
				t.Error("a stream that began was not accepted")
			}
		})
	}
}

// checkEndsInTime requires that a call ended soon after since.
func checkEndsInTime(t *testing.T, since time.Time) {
	t.Helper()
	if took := time.Since(since); took > endTimeout {
		t.Errorf("ended %v after its context, want within %v", took, endTimeout)
	}
}

// checkClosed waits until the provider's side sees the connection close; closed is nil when there is none.
func checkClosed(t *testing.T, closed <-chan struct{}) {
	t.Helper()
	if closed == nil {
		return
	}
	select {
	case <-closed:
	case <-time.After(endTimeout):
		t.Errorf("the provider's connection is still open after %v", endTimeout)
	}
}

// checkPartialUsage requires the usage so far in the error of an interrupted call.
func (h Harness) checkPartialUsage(t *testing.T, tr *transcript) {
	t.Helper()
	u := tr.err.Usage
	if !h.ReportsUsage {
		return
	}
	if !u.Known || (u.Output > 0) != (len(tr.deltas) > 0) {
		t.Errorf("usage = %+v after %d deltas", u, len(tr.deltas))
	}
}
