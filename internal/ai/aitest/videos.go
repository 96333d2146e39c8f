package aitest

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/ai"
)

// VideoScript is the behaviour of the provider of videos in a test. Without any setting a job is done after a
// few polls.
type VideoScript struct {
	// Fail refuses the start with a failure of this kind.
	Fail ai.Kind
	// StartHangs takes the request and never answers it.
	StartHangs bool
	// JobFails ends the job, once started, with a failure of this kind.
	JobFails ai.Kind
	// NeverDone makes the job run for ever.
	NeverDone bool
	// PollsFail fails every poll, but not the job, with a failure of this kind.
	PollsFail ai.Kind
	// DownloadBreaks interrupts the download.
	DownloadBreaks bool
}

// VideoCall is an adapter and a request to whose jobs its provider plays a VideoScript.
type VideoCall struct {
	Maker ai.VideoMaker
	// Other is a second adapter of the same provider, as another process has it.
	Other   ai.VideoMaker
	Request ai.VideoRequest
	// Closed is as in Call.
	Closed <-chan struct{}
}

// VideoHarness connects the suite of videos to one adapter.
type VideoHarness struct {
	// Provider is the provider's name in the adapter's errors.
	Provider string
	// Fails are the kinds that its provider can refuse a start with; RateLimited must have a RetryAfter.
	Fails []ai.Kind
	// JobFails are the kinds a job can end with at its provider.
	JobFails []ai.Kind
	// ReportsProgress means that polls report the progress.
	ReportsProgress bool
	// Cancels says that the provider has a call to cancel a job.
	Cancels bool
	// Play prepares a call. It registers its clean-up on t.
	Play func(t *testing.T, s VideoScript) VideoCall
}

// RunVideos runs the suite of videos. The calling test must not be parallel, because the last check is that
// no goroutine is left.
func RunVideos(t *testing.T, h VideoHarness) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Run("suite", func(t *testing.T) {
		t.Run("video", h.testVideo)
		t.Run("concurrent jobs", h.testConcurrent)
		t.Run("other process", h.testOther)
		t.Run("cancel", h.testCancel)
		t.Run("start ends with its context", h.testStartStopped)
		t.Run("calls end with their context", h.testStopped)
		t.Run("start fails", h.testStartFails)
		t.Run("job fails", h.testJobFails)
		t.Run("poll fails", h.testPollFails)
		t.Run("download breaks", h.testDownloadBreaks)
		t.Run("download before the end", h.testTooEarly)
		t.Run("writer fails", h.testWriterFails)
		t.Run("foreign reference", h.testForeignRef)
	})
	goleak.VerifyNone(t, before)
}
