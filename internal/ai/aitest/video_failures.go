package aitest

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// testStartStopped ends a start before it begins, and while the provider is silent.
func (h VideoHarness) testStartStopped(t *testing.T) {
	t.Parallel()
	t.Run("canceled before it begins", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if e := h.hang(ctx, t, time.Now(), ai.Canceled); e.Accepted {
			t.Error("a request that was never sent was accepted")
		}
	})
	t.Run("canceled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(silence, cancel)
		if e := h.hang(ctx, t, time.Now().Add(silence), ai.Canceled); !e.Accepted {
			t.Error("a request that was sent was surely not accepted")
		}
	})
	t.Run("deadline", func(t *testing.T) {
		t.Parallel()
		deadline := time.Now().Add(silence)
		ctx, cancel := context.WithDeadline(t.Context(), deadline)
		defer cancel()
		if e := h.hang(ctx, t, deadline, ai.Timeout); !e.Accepted {
			t.Error("a request that was sent was surely not accepted")
		}
	})
}

// hang starts a job whose start only the end of ctx ends, which must happen within endTimeout from since.
func (h VideoHarness) hang(ctx context.Context, t *testing.T, since time.Time, kind ai.Kind) *ai.Error {
	t.Helper()
	call := h.Play(t, VideoScript{StartHangs: true})
	before := ctx.Err() != nil
	err := inTime(t, func() error {
		_, err := call.Maker.StartVideo(ctx, call.Request)
		return err
	})
	checkEndsInTime(t, since)
	if !before {
		checkClosed(t, call.Closed)
	}
	return h.typed(t, err, kind)
}

// testStartFails makes the provider refuse a start in each of its ways.
func (h VideoHarness) testStartFails(t *testing.T) {
	t.Parallel()
	if len(h.Fails) == 0 {
		t.Fatal("the harness names no failures")
	}
	for _, kind := range h.Fails {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			call := h.Play(t, VideoScript{Fail: kind})
			ref, err := call.Maker.StartVideo(t.Context(), call.Request)
			checkRefusal(t, h.typed(t, err, kind))
			if ref != "" {
				t.Errorf("a refused start returned %q", ref)
			}
		})
	}
}

// testJobFails ends a job at its provider. Later polls must give the same failure, and nothing may be
// repeated.
func (h VideoHarness) testJobFails(t *testing.T) {
	t.Parallel()
	if len(h.JobFails) == 0 {
		t.Fatal("the harness names no ends of a job")
	}
	for _, kind := range h.JobFails {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			call := h.Play(t, VideoScript{JobFails: kind})
			ref := h.start(t.Context(), t, call)
			for range 2 {
				e := h.failure(t, h.await(t.Context(), t, call.Maker, call.Request.Model, ref), kind)
				if !e.JobFailed || e.Repeatable() {
					t.Errorf("job failed %t, repeatable %t of a job that failed", e.JobFailed, e.Repeatable())
				}
			}
		})
	}
}

// testPollFails fails the polls of a job that continues.
func (h VideoHarness) testPollFails(t *testing.T) {
	t.Parallel()
	call := h.Play(t, VideoScript{PollsFail: ai.Upstream})
	ref := h.start(t.Context(), t, call)
	_, err := call.Maker.PollVideo(t.Context(), call.Request.Model, ref)
	if e := h.failure(t, err, ai.Upstream); e.JobFailed || !e.Repeatable() {
		t.Errorf("job failed %t, repeatable %t of a poll that failed", e.JobFailed, e.Repeatable())
	}
}

// testDownloadBreaks interrupts a download.
func (h VideoHarness) testDownloadBreaks(t *testing.T) {
	t.Parallel()
	call := h.Play(t, VideoScript{DownloadBreaks: true})
	ref := h.start(t.Context(), t, call)
	if err := h.await(t.Context(), t, call.Maker, call.Request.Model, ref); err != nil {
		t.Fatalf("the job failed: %v", err)
	}
	var file bytes.Buffer
	_, err := call.Maker.DownloadVideo(t.Context(), call.Request.Model, ref, &file)
	if e := h.failure(t, err, ai.Interrupted); !e.Repeatable() {
		t.Error("a download that broke off cannot be repeated")
	}
}

// testForeignRef polls references that are not the provider's.
func (h VideoHarness) testForeignRef(t *testing.T) {
	t.Parallel()
	call := h.Play(t, VideoScript{})
	for _, ref := range []string{"", "nothing", "\x00../%2e"} {
		_, err := call.Maker.PollVideo(t.Context(), call.Request.Model, ref)
		if e := h.failure(t, err, ai.BadRequest); e.Repeatable() {
			t.Errorf("the poll of %q can be repeated", ref)
		}
	}
}
