package aitest

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/ai"
)

// ImageScript is the behaviour of the provider of pictures in a test.
type ImageScript struct {
	// Ending follows the progress.
	Ending Ending
	// Fail refuses the request with a failure of this kind; the rest is not played then.
	Fail ai.Kind
}

// ImageCall is an adapter and a request to which its provider plays an ImageScript, each time it is sent.
type ImageCall struct {
	Maker   ai.ImageMaker
	Request ai.ImageRequest
	// Closed is as in Call.
	Closed <-chan struct{}
}

// ImageHarness connects the suite of pictures to one adapter.
type ImageHarness struct {
	// Provider is the provider's name in the adapter's errors.
	Provider string
	// Fails are the kinds that its provider can refuse a request with; RateLimited must have a RetryAfter.
	Fails []ai.Kind
	// ReportsProgress means that events precede the final, and also a hang or a break.
	ReportsProgress bool
	// Play prepares a call. It registers its clean-up on t.
	Play func(t *testing.T, s ImageScript) ImageCall
}

// RunImages runs the suite of pictures. The calling test must not be parallel, because the last check is that
// no goroutine is left.
func RunImages(t *testing.T, h ImageHarness) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Run("suite", func(t *testing.T) {
		t.Run("picture", h.testPicture)
		t.Run("concurrent calls", h.testConcurrent)
		t.Run("canceled", h.testCanceled)
		t.Run("deadline", h.testDeadline)
		t.Run("reader leaves", h.testReaderLeaves)
		t.Run("broken stream", h.testBroken)
		t.Run("failures", h.testFailures)
	})
	goleak.VerifyNone(t, before)
}

// testPicture makes two pictures with the same sequence: each range is a call.
func (h ImageHarness) testPicture(t *testing.T) {
	t.Parallel()
	call := h.Play(t, ImageScript{})
	seq := call.Maker.MakeImage(t.Context(), call.Request)
	for range 2 {
		h.checkPicture(t, listenImages(t, seq, nil), call.Request)
	}
}

// testConcurrent sends one request from several goroutines over one adapter.
func (h ImageHarness) testConcurrent(t *testing.T) {
	t.Parallel()
	call := h.Play(t, ImageScript{})
	var readers sync.WaitGroup
	got := make([]*imageRecord, 8)
	for i := range got {
		readers.Go(func() { got[i] = recordImages(call.Maker.MakeImage(t.Context(), call.Request), nil) })
	}
	readers.Wait()
	for _, ex := range got {
		for _, flaw := range ex.flaws {
			t.Error(flaw)
		}
		h.checkPicture(t, ex, call.Request)
	}
}

// checkPicture requires a final with a picture and all its fields.
func (h ImageHarness) checkPicture(t *testing.T, ex *imageRecord, req ai.ImageRequest) {
	t.Helper()
	if ex.err != nil {
		t.Fatalf("failed: %v", ex.err)
	}
	if ex.final == nil {
		t.Fatal("no final")
	}
	if h.ReportsProgress && ex.events == 0 {
		t.Error("no event before the final")
	}
	if len(ex.final.Images) == 0 {
		t.Error("no picture in the final")
	}
	for _, file := range ex.final.Images {
		checkFile(t, file)
	}
	if ex.final.Finish == "" || ex.final.RawFinish == "" {
		t.Errorf("finish = %q (raw %q), want both", ex.final.Finish, ex.final.RawFinish)
	}
	checkModel(t, ex.final.Model, req.Model)
	if u := ex.final.Usage; u.Known && u.Images != int64(len(ex.final.Images)) {
		t.Errorf("usage = %+v, want %d pictures counted", u, len(ex.final.Images))
	}
}

// checkFile requires bytes of their stated type.
func checkFile(t *testing.T, file ai.File) {
	t.Helper()
	if found := http.DetectContentType(file.Bytes); found != file.MIMEType {
		t.Errorf("%d bytes of %s under the type %q", len(file.Bytes), found, file.MIMEType)
	}
}

// checkModel requires the requested model or a version of it.
func checkModel(t *testing.T, got, want string) {
	t.Helper()
	if !strings.HasPrefix(got, want) {
		t.Errorf("model = %q, want %q or a version of it", got, want)
	}
}
