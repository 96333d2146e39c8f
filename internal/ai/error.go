package ai

import (
	"errors"
	"fmt"
	"time"
)

// Kind classifies a provider's failures by what to do about them.
type Kind string

// The kinds.
const (
	RateLimited    Kind = "rate_limited"
	QuotaExhausted Kind = "quota_exhausted"
	Overloaded     Kind = "overloaded"
	Upstream       Kind = "upstream"
	Interrupted    Kind = "interrupted"
	Timeout        Kind = "timeout"
	Canceled       Kind = "canceled"
	Auth           Kind = "auth"
	RegionBlocked  Kind = "region_blocked"
	ModelGone      Kind = "model_gone"
	ContextLength  Kind = "context_length"
	ContentBlocked Kind = "content_blocked"
	NoOutput       Kind = "no_output"
	BadRequest     Kind = "bad_request"
	Unsupported    Kind = "unsupported"
	// KeyRefused means that the provider rejects a user's provider key, or that the key was deleted. Adapters
	// never return it.
	KeyRefused Kind = "key_refused"
)

// Error is the one form of a provider's failure.
type Error struct {
	Kind     Kind
	Provider string
	Model    string
	// HTTP is the status of the provider's answer; zero when there was none.
	HTTP int
	// Code is the provider's own code, for the log.
	Code      string
	RequestID string
	// RetryAfter is the provider's request; zero when it made none.
	RetryAfter time.Duration
	// Shown means that a delta was yielded before: the call must not be repeated, because the user has seen
	// the text.
	Shown bool
	// Accepted means that the provider may have taken the request. It is false only when the provider
	// definitely refused, or was never reached. A dropped connection proves neither.
	Accepted bool
	// JobFailed means that the polled job has failed at the provider, so that polling again gives the same
	// answer.
	JobFailed bool
	// Usage is what was reported before the failure.
	Usage Usage
	// Cause is for the log. It never reaches a client.
	Cause error
}

// Error is for logs.
func (e *Error) Error() string {
	s := fmt.Sprintf("ai: %s: %s", e.Provider, e.Kind)
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf returns the kind of err: Upstream for an error that is no *Error, "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Upstream
}

// Repeatable reports whether the same call may be repeated at the same provider: the fault may be temporary,
// nothing was shown, and the job has not failed.
func (e *Error) Repeatable() bool {
	if e.Shown || e.JobFailed {
		return false
	}
	switch e.Kind {
	case RateLimited, Overloaded, Upstream, Interrupted, NoOutput:
		return true
	default:
		return false
	}
}

// MayRepeatPaid reports whether a call that makes a picture or starts a video may be repeated: the fault may
// be temporary, and the provider definitely did not take the request. So nothing is made or paid twice.
func (e *Error) MayRepeatPaid() bool {
	return e.Repeatable() && !e.Accepted
}

// MayFallBack reports whether another model may be used instead: nothing was shown, and the fault is the
// provider's and not the request's. For a call that is paid even if it is not read, MayRepeatPaid applies.
func (e *Error) MayFallBack() bool {
	if e.Shown || e.JobFailed {
		return false
	}
	switch e.Kind {
	case RateLimited, QuotaExhausted, Overloaded, Upstream, Interrupted, Timeout, Auth, RegionBlocked, ModelGone, NoOutput, Unsupported:
		return true
	default:
		return false
	}
}
