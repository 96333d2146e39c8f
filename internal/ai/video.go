package ai

import (
	"context"
	"io"
	"time"
)

// VideoMaker makes videos: a job is started once, asked for until it is done, and
// its file then downloaded. The reference that StartVideo returns is all that the other
// methods need, so any process goes on with a job that another one started.
//
// Every failure is an *Error, of kind Canceled or Timeout when ctx ended (StopKind), which
// ends a call within a second; the one exception is a failure of DownloadVideo's
// writer. Errors of the methods that take a reference are Accepted, because the job was;
// a reference that is none of the provider's is BadRequest. Safe for concurrent use.
type VideoMaker interface {
	// StartVideo begins a job and returns its reference: opaque, not empty, at most
	// MaxVideoRef bytes of printable ASCII. The call is paid; Error.Accepted says whether the
	// provider may have taken it, and an adapter never repeats it by itself.
	StartVideo(ctx context.Context, req VideoRequest) (ref string, err error)

	// PollVideo asks how far the job is. It is free and may be repeated. A job that
	// failed at the provider is an *Error that is Settled, now and at every later call;
	// any other *Error is about this call alone.
	PollVideo(ctx context.Context, model, ref string) (VideoState, error)

	// DownloadVideo writes the file of a job that is done to w as it arrives. It is
	// free and may be repeated; each time w gets the file from its beginning, unless it is a
	// *Part, which may get the rest of it alone. A download
	// that breaks off is an *Error of kind Interrupted, a job that is not done one of
	// kind BadRequest. A failure of w is returned wrapped, and is no *Error.
	DownloadVideo(ctx context.Context, model, ref string, w io.Writer) (VideoResult, error)

	// CancelVideo asks the provider to stop the job, which may come too late. Where
	// the provider has no such call it is an *Error of kind Unsupported.
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
	// Style is "realistic", "cinematic", "animated", "cartoon" or "anime"; empty leaves it
	// to the model.
	Style string
	// EndUser is a hash that stands for the person, for providers that ask for one.
	EndUser string
	// JobKey names the piece of work and is the same in each of its attempts: it is the
	// idempotency key of a provider that knows one.
	JobKey string
}

// VideoState is how far a job is.
type VideoState struct {
	// Done says that the file can be downloaded.
	Done bool
	// Progress is from 0 to 1 and never falls; nil when the provider tells none.
	Progress *float64
	// Phase is empty when the provider tells none.
	Phase Phase
	// PollAfter is the provider's wish for the time until the next poll; zero when it has none.
	PollAfter time.Duration
	// KeptUntil is when the provider removes the file; zero when it does not say.
	KeptUntil time.Time
	// KeptFor is how long the provider keeps a file, counted from its order, where it says so in general but
	// not of this file; zero when it does not.
	KeptFor time.Duration
}

// VideoResult tells of a file that was downloaded whole. What the provider sent was
// passed on unseen: the caller checks that the bytes are what MIMEType says.
type VideoResult struct {
	MIMEType string
	// Bytes is how many were written.
	Bytes int64
	// Poster is a picture of the video; nil when the provider gives none.
	Poster *File
	// Seconds is the length as the provider tells it; zero when it does not.
	Seconds float64
	// RevisedPrompt is what the provider filmed in place of the prompt; empty when it told nothing.
	RevisedPrompt string
	Usage         Usage
	// Model is the model that really answered.
	Model     string
	RequestID string
}
