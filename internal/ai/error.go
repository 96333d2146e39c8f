package ai

import (
	"errors"
	"fmt"
	"time"
)

// Kind sorts a provider's failures by what to do about them.
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
	// KeyRefused is a person's own key that the provider does not take, or that is gone. Adapters never tell it.
	KeyRefused Kind = "key_refused"
)

// Error is the one form of a provider's failure.
type Error struct {
	Kind     Kind
	Provider string
	Model    string
	// HTTP is the status the provider answered; zero when there was none.
	HTTP int
	// Code is the provider's own code, for the log.
	Code      string
	RequestID string
	// RetryAfter is the provider's wish; zero when it told none.
	RetryAfter time.Duration
	// Shown says that a delta was yielded before: the call must not be repeated.
	Shown bool
	// Accepted says that the provider may have taken the request: false only where it
	// definitely refused, or was never reached. A dropped connection is no refusal.
	Accepted bool
	// Settled says that the job a poll asked for has failed at the provider, so that
	// asking again gives the same answer.
	Settled bool
	// Usage is what was told before the failure.
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

// KindOf returns the kind of err: Upstream for what is no *Error, "" for nil.
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

// Repeatable says whether the same call may be made again at the same provider:
// the fault may pass, and nothing was shown or settled.
func (e *Error) Repeatable() bool {
	if e.Shown || e.Settled {
		return false
	}
	switch e.Kind {
	case RateLimited, Overloaded, Upstream, Interrupted, NoOutput:
		return true
	default:
		return false
	}
}

// MayRepeatPaid says whether a call that makes a picture or starts a video may be made
// again: the fault may pass, and the provider definitely did not take the request, so that
// nothing is made or paid twice.
func (e *Error) MayRepeatPaid() bool {
	return e.Repeatable() && !e.Accepted
}

// MayFallBack says whether another model may be asked instead: nothing was shown, the call cannot go on
// by itself, and the fault is the provider's, not the request's. A call that is paid for whether or not it
// is read (MayRepeatPaid) has stricter rules.
func (e *Error) MayFallBack() bool {
	if e.Shown || e.Settled {
		return false
	}
	switch e.Kind {
	case RateLimited, QuotaExhausted, Overloaded, Upstream, Interrupted, Timeout, Auth, RegionBlocked, ModelGone, NoOutput, Unsupported:
		return true
	default:
		return false
	}
}
