package aitest

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// pollPause is the pause between polls when the provider requests none.
const pollPause = 5 * time.Millisecond

// start begins a job and checks its reference.
func (h VideoHarness) start(ctx context.Context, t *testing.T, call VideoCall) string {
	t.Helper()
	ref, err := call.Maker.StartVideo(ctx, call.Request)
	if err != nil {
		t.Fatalf("the start failed: %v", err)
	}
	if ref == "" || len(ref) > ai.MaxVideoRef {
		t.Errorf("reference of %d bytes, want 1 to %d", len(ref), ai.MaxVideoRef)
	}
	for _, c := range []byte(ref) {
		if c < '!' || c > '~' {
			t.Errorf("reference %q holds a byte that is not printable ASCII", ref)
			break
		}
	}
	return ref
}

// errHang ends the wait for a job.
var errHang = errors.New("aitest: the job hangs")

// await polls until the job is done or fails. Progress must never fall.
func (h VideoHarness) await(ctx context.Context, t *testing.T, maker ai.VideoMaker, model, ref string) error {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(ctx, hangTimeout, errHang)
	defer cancel()
	last := 0.0
	for {
		state, err := maker.PollVideo(ctx, model, ref)
		if err != nil && errors.Is(context.Cause(ctx), errHang) { // The time may also end within a poll.
			t.Fatalf("not done after %v: %v", hangTimeout, err)
		}
		if err != nil {
			return err
		}
		last = h.checkProgress(t, state, last)
		if state.Done {
			return nil
		}
		if state.PollAfter < 0 {
			t.Errorf("poll again after %v", state.PollAfter)
		}
		if ai.Wait(ctx, max(pollPause, state.PollAfter)) != nil {
			t.Fatalf("not done after %v: %+v", hangTimeout, state)
		}
	}
}

func (h VideoHarness) checkProgress(t *testing.T, state ai.VideoState, last float64) float64 {
	t.Helper()
	if state.Progress == nil {
		if h.ReportsProgress {
			t.Error("no progress reported")
		}
		return last
	}
	if p := *state.Progress; !(p >= last && p <= 1) {
		t.Errorf("progress %v after %v", p, last)
	}
	return *state.Progress
}

// download reads the file of a finished job.
func (h VideoHarness) download(ctx context.Context, t *testing.T, maker ai.VideoMaker, req ai.VideoRequest, ref string) []byte {
	t.Helper()
	var file bytes.Buffer
	result, err := maker.DownloadVideo(ctx, req.Model, ref, &file)
	if err != nil {
		t.Fatalf("the download failed: %v", err)
	}
	h.checkResult(t, result, req, file.Bytes())
	return file.Bytes()
}

func (h VideoHarness) checkResult(t *testing.T, result ai.VideoResult, req ai.VideoRequest, file []byte) {
	t.Helper()
	if found := http.DetectContentType(file); result.MIMEType != found {
		t.Errorf("%d bytes of %s under the type %q", len(file), found, result.MIMEType)
	}
	if result.Bytes != int64(len(file)) {
		t.Errorf("reported %d bytes, wrote %d", result.Bytes, len(file))
	}
	if result.Seconds != 0 && result.Seconds != float64(req.Seconds) {
		t.Errorf("%v seconds, want %d", result.Seconds, req.Seconds)
	}
	if result.Poster != nil {
		checkFile(t, *result.Poster)
	}
	if u := result.Usage; u.Known && u.Seconds != float64(req.Seconds) {
		t.Errorf("usage = %+v, want %d seconds counted", u, req.Seconds)
	}
	checkModel(t, result.Model, req.Model)
}

// checkFailure is failure without its result.
func (h VideoHarness) checkFailure(t *testing.T, err error, kind ai.Kind) {
	t.Helper()
	_ = h.failure(t, err, kind)
}

// failure requires an error of kind of a call about a job, which was accepted before.
func (h VideoHarness) failure(t *testing.T, err error, kind ai.Kind) *ai.Error {
	t.Helper()
	e := h.typed(t, err, kind)
	if !e.Accepted || e.MayRepeatPaid() {
		t.Errorf("accepted %t, may repeat the start %t after it", e.Accepted, e.MayRepeatPaid())
	}
	return e
}

// typed requires an *ai.Error of kind.
func (h VideoHarness) typed(t *testing.T, err error, kind ai.Kind) *ai.Error {
	t.Helper()
	var e *ai.Error
	if !errors.As(err, &e) {
		t.Fatalf("error = %v, want an *ai.Error of kind %s", err, kind)
	}
	checkError(t, e, kind, h.Provider)
	return e
}
