package ai

import (
	"context"
	"io"
	"time"
)

// VideoMaker makes videos: a job is started once, polled until it is done, and its file then downloaded. The
// reference that StartVideo returns is all that the other methods need, so any process can continue a job
// that another one started.
//
// Every failure is an *Error, of kind Canceled or Timeout when ctx ended (StopKind), which ends a call within
// a second. The one exception is a failure of DownloadVideo's writer. Errors of the methods that take a
// reference are Accepted, because the job was; a malformed reference is BadRequest. Safe for concurrent use.
type VideoMaker interface {
	// StartVideo begins a job and returns its reference: opaque, not empty, at most MaxVideoRef bytes of
	// printable ASCII. The call is paid; Error.Accepted states whether the provider may have taken it, and an
	// adapter never repeats it by itself.
	StartVideo(ctx context.Context, req VideoRequest) (ref string, err error)

	// PollVideo returns the state of the job. It is free and may be repeated. A job that failed at the
	// provider is an *Error with JobFailed, now and at every later call; any other *Error concerns this call
	// alone.
	PollVideo(ctx context.Context, model, ref string) (VideoState, error)

	// DownloadVideo writes the file of a finished job to w as it arrives. It is free and may be repeated;
	// each time w gets the file from its beginning, unless it is a *Part, which may get only the rest. A
	// download that breaks off is an *Error of kind Interrupted, a job that is not done one of kind
	// BadRequest. A failure of w is returned wrapped, and is no *Error.
	DownloadVideo(ctx context.Context, model, ref string, w io.Writer) (VideoResult, error)

	// CancelVideo requests that the provider stops the job, which may come too late. When the provider has no
	// such call it is an *Error of kind Unsupported.
	CancelVideo(ctx context.Context, model, ref string) error
}

// MaxVideoRef is the greatest length of a reference in bytes.
const MaxVideoRef = 2000

// VideoRequest is one video to make.
type VideoRequest struct {
	// Model is the provider's own name of the model.
	Model  string
	Prompt string
	// Seconds is the length.
	Seconds int
	// Resolution is "720p", "1080p" or "4K".
	Resolution string
	// Aspect is "16:9", "9:16", "1:1" or "3:4".
	Aspect string
	// Style is "realistic", "cinematic", "animated", "cartoon" or "anime"; empty leaves it to the model.
	Style string
	// EndUser is a hash that identifies the user, for providers that require one.
	EndUser string
	// JobKey identifies the work and is the same in each attempt: it is the idempotency key of a provider
	// that supports one.
	JobKey string
}

// VideoState is the state of a job.
type VideoState struct {
	// Done means that the file can be downloaded.
	Done bool
	// Progress is from 0 to 1 and never falls; nil when the provider reports none.
	Progress *float64
	// Phase is empty when the provider reports none.
	Phase Phase
	// PollAfter is the provider's request for the time until the next poll; zero when it has none.
	PollAfter time.Duration
	// KeptUntil is when the provider removes the file; zero when it does not report it.
	KeptUntil time.Time
	// KeptFor is how long the provider stores a file, counted from its order, when it states that in general
	// but not for this file; zero otherwise.
	KeptFor time.Duration
}

// VideoResult describes a downloaded file. The bytes are passed on unchecked: the caller checks that they
// match MIMEType.
type VideoResult struct {
	MIMEType string
	// Bytes is how many were written.
	Bytes int64
	// Poster is a picture of the video; nil when the provider gives none.
	Poster *File
	// Seconds is the length that the provider reports; zero when it does not.
	Seconds float64
	// RevisedPrompt is the prompt that the provider used instead; empty when it reported none.
	RevisedPrompt string
	Usage         Usage
	// Model is the model that answered.
	Model     string
	RequestID string
}
