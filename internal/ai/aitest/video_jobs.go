package aitest

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// testVideo makes a video from its start to its file, and downloads it twice.
func (h VideoHarness) testVideo(t *testing.T) {
	t.Parallel()
	call := h.Play(t, VideoScript{})
	h.make(t, call, call.Maker)
}

// make starts a job, and continues it with maker.
func (h VideoHarness) make(t *testing.T, call VideoCall, maker ai.VideoMaker) {
	t.Helper()
	ref := h.start(t.Context(), t, call)
	if err := h.await(t.Context(), t, maker, call.Request.Model, ref); err != nil {
		t.Fatalf("the job failed: %v", err)
	}
	first := h.download(t.Context(), t, maker, call.Request, ref)
	again := h.download(t.Context(), t, maker, call.Request, ref)
	if !bytes.Equal(first, again) {
		t.Errorf("downloaded %d bytes, then %d others", len(first), len(again))
	}
}

// testOther continues a job with an adapter that did not start it, as another process would.
func (h VideoHarness) testOther(t *testing.T) {
	t.Parallel()
	call := h.Play(t, VideoScript{})
	h.make(t, call, call.Other)
}

// testConcurrent starts several jobs of one request: each start must have a reference of its own.
func (h VideoHarness) testConcurrent(t *testing.T) {
	t.Parallel()
	call := h.Play(t, VideoScript{})
	var (
		jobs sync.WaitGroup
		refs [8]string
		errs [8]error
	)
	for i := range refs {
		jobs.Go(func() { refs[i], errs[i] = call.Maker.StartVideo(t.Context(), call.Request) })
	}
	jobs.Wait()
	seen := map[string]bool{}
	for i, ref := range refs {
		if errs[i] != nil || seen[ref] {
			t.Errorf("start %d = %q, %v; want a reference of its own", i, ref, errs[i])
		}
		seen[ref] = true
		jobs.Go(func() {
			_, errs[i] = call.Maker.PollVideo(t.Context(), call.Request.Model, ref)
		})
	}
	jobs.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Errorf("polls failed: %v", err)
	}
}

// testCancel cancels a running job.
func (h VideoHarness) testCancel(t *testing.T) {
	t.Parallel()
	call := h.Play(t, VideoScript{NeverDone: true})
	ref := h.start(t.Context(), t, call)
	err := call.Maker.CancelVideo(t.Context(), call.Request.Model, ref)
	switch {
	case !h.Cancels:
		h.checkFailure(t, err, ai.Unsupported)
	case err != nil:
		t.Errorf("the cancellation failed: %v", err)
	}
}

// testTooEarly requests the file of an unfinished job.
func (h VideoHarness) testTooEarly(t *testing.T) {
	t.Parallel()
	call := h.Play(t, VideoScript{NeverDone: true})
	ref := h.start(t.Context(), t, call)
	var file bytes.Buffer
	_, err := call.Maker.DownloadVideo(t.Context(), call.Request.Model, ref, &file)
	h.checkFailure(t, err, ai.BadRequest)
	if file.Len() > 0 {
		t.Errorf("wrote %d bytes of a video that is not done", file.Len())
	}
}

// full is a writer that always fails.
type full struct{}

var errFull = errors.New("no room")

func (full) Write([]byte) (int, error) { return 0, errFull }

// testWriterFails fails the writer of a download. The error must be the writer's.
func (h VideoHarness) testWriterFails(t *testing.T) {
	t.Parallel()
	call := h.Play(t, VideoScript{})
	ref := h.start(t.Context(), t, call)
	if err := h.await(t.Context(), t, call.Maker, call.Request.Model, ref); err != nil {
		t.Fatalf("the job failed: %v", err)
	}
	_, err := call.Maker.DownloadVideo(t.Context(), call.Request.Model, ref, full{})
	var e *ai.Error
	if !errors.Is(err, errFull) || errors.As(err, &e) {
		t.Errorf("error = %v, want the writer's own and no *ai.Error", err)
	}
}

// testStopped makes every call about a job with a context that has ended.
func (h VideoHarness) testStopped(t *testing.T) {
	t.Parallel()
	call := h.Play(t, VideoScript{})
	ref := h.start(t.Context(), t, call)
	if err := h.await(t.Context(), t, call.Maker, call.Request.Model, ref); err != nil {
		t.Fatalf("the job failed: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var file bytes.Buffer
	_, err := call.Maker.PollVideo(ctx, call.Request.Model, ref)
	h.checkFailure(t, err, ai.Canceled)
	_, err = call.Maker.DownloadVideo(ctx, call.Request.Model, ref, &file)
	h.checkFailure(t, err, ai.Canceled)
	if h.Cancels {
		h.checkFailure(t, call.Maker.CancelVideo(ctx, call.Request.Model, ref), ai.Canceled)
	}
}
