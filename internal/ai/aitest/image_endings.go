package aitest

import (
	"context"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// testCanceled cancels before the call, at the first event, and in silence.
func (h ImageHarness) testCanceled(t *testing.T) {
	t.Parallel()
	t.Run("before it begins", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		ex := h.hang(ctx, t, time.Now(), nil)
		h.checkFailure(t, ex, ai.Canceled)
		if ex.err.Accepted {
			t.Error("a request that was never sent was accepted")
		}
	})
	t.Run("at the first event", func(t *testing.T) {
		t.Parallel()
		if !h.ReportsProgress {
			return // There is no such event.
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		h.checkTaken(t, h.hang(ctx, t, time.Now(), cancel), ai.Canceled)
	})
	t.Run("in silence", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(silence, cancel)
		h.checkTaken(t, h.hang(ctx, t, time.Now().Add(silence), nil), ai.Canceled)
	})
}

// testDeadline lets the deadline of the context pass while the provider is silent.
func (h ImageHarness) testDeadline(t *testing.T) {
	t.Parallel()
	deadline := time.Now().Add(silence)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	h.checkTaken(t, h.hang(ctx, t, deadline, nil), ai.Timeout)
}

// hang makes a call that only the end of ctx ends, which must happen within endTimeout from since.
func (h ImageHarness) hang(ctx context.Context, t *testing.T, since time.Time, onEvent func()) *imageRecord {
	t.Helper()
	call := h.Play(t, ImageScript{Ending: Hangs})
	ex := listenImages(t, call.Maker.MakeImage(ctx, call.Request), onEvent)
	checkEndsInTime(t, since)
	if ex.events > 0 {
		checkClosed(t, call.Closed)
	}
	return ex
}

// testReaderLeaves breaks the loop at the first event, which may be the final.
func (h ImageHarness) testReaderLeaves(t *testing.T) {
	t.Parallel()
	script := ImageScript{}
	if h.ReportsProgress {
		script.Ending = Hangs
	}
	call := h.Play(t, script)
	var left time.Time
	err := inTime(t, func() error {
		for _, err := range call.Maker.MakeImage(t.Context(), call.Request) {
			left = time.Now()
			return err
		}
		return nil
	})
	if err != nil {
		t.Errorf("the call failed before it was left: %v", err)
	}
	checkEndsInTime(t, left)
	if h.ReportsProgress {
		checkClosed(t, call.Closed)
	}
}

// testBroken ends the provider's answer without a picture.
func (h ImageHarness) testBroken(t *testing.T) {
	t.Parallel()
	call := h.Play(t, ImageScript{Ending: Breaks})
	ex := listenImages(t, call.Maker.MakeImage(t.Context(), call.Request), nil)
	h.checkTaken(t, ex, ai.Interrupted)
}

// testFailures makes the provider refuse a request in each of its ways.
func (h ImageHarness) testFailures(t *testing.T) {
	t.Parallel()
	if len(h.Fails) == 0 {
		t.Fatal("the harness names no failures")
	}
	for _, kind := range h.Fails {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			call := h.Play(t, ImageScript{Fail: kind})
			ex := listenImages(t, call.Maker.MakeImage(t.Context(), call.Request), nil)
			h.checkFailure(t, ex, kind)
			checkRefusal(t, ex.err)
		})
	}
}

// checkTaken requires a failure of work that the provider had taken.
func (h ImageHarness) checkTaken(t *testing.T, ex *imageRecord, kind ai.Kind) {
	t.Helper()
	h.checkFailure(t, ex, kind)
	if !ex.err.Accepted || ex.err.MayRepeatPaid() {
		t.Errorf("accepted %t, may repeat %t of a call that began", ex.err.Accepted, ex.err.MayRepeatPaid())
	}
}

// checkFailure requires an error of kind.
func (h ImageHarness) checkFailure(t *testing.T, ex *imageRecord, kind ai.Kind) {
	t.Helper()
	if ex.err == nil {
		t.Fatalf("no failure, final %+v; want %s", ex.final, kind)
	}
	checkError(t, ex.err, kind, h.Provider)
}
