package ai

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Retrying returns a TextStreamer that repeats calls of s whose failure may be temporary (Error.Repeatable),
// never after a delta was shown, and NoOutput only once. When the policy's Idle or Total expires the error is
// of kind Timeout. A failure whose wait would exceed the deadline is returned at once.
//
// It also corrects violations of the port: a stream without an end is Interrupted, an error that is no *Error
// is Upstream, events without content are dropped, and nothing follows the final. The usage is that of the
// last attempt.
func Retrying(s TextStreamer, p RetryPolicy) TextStreamer {
	return &retrying{next: s, policy: p.withDefaults()}
}

type retrying struct {
	next   TextStreamer
	policy RetryPolicy
}

// StreamText implements TextStreamer.
func (r *retrying) StreamText(ctx context.Context, req TextRequest) iter.Seq2[TextEvent, error] {
	return func(yield func(TextEvent, error) bool) {
		ctx, cancel := context.WithTimeoutCause(ctx, r.policy.Total, errTotal)
		defer cancel()
		first := Attempt(ctx) // A caller may count attempts of its own.
		for attempt := 1; ; attempt++ {
			failed := r.try(WithAttempt(ctx, first+attempt-1), req, yield)
			if failed == nil {
				return
			}
			if failed = r.pause(ctx, failed, attempt); failed != nil {
				yield(TextEvent{}, failed)
				return
			}
		}
	}
}

// try makes one attempt and returns its failure; nil when the final was yielded or the reader left.
func (r *retrying) try(ctx context.Context, req TextRequest, yield func(TextEvent, error) bool) *Error {
	ctx, idle := watch(ctx, r.policy.Idle)
	defer idle.stop()
	shown := false
	for ev, err := range r.next.StreamText(ctx, req) {
		idle.pause()
		switch {
		case err != nil:
			return failure(ctx, err, req, shown)
		case ev.Final != nil:
			yield(ev, nil)
			return nil
		case ev.Delta != "":
			shown = true
			if !yield(ev, nil) {
				return nil
			}
		}
		idle.resume()
	}
	return failure(ctx, &Error{Kind: Interrupted, Model: req.Model, Accepted: true, Cause: errNoEnd}, req, shown)
}

// pause waits until the next attempt is due. It returns the final error when there is no next attempt.
func (r *retrying) pause(ctx context.Context, failed *Error, attempt int) *Error {
	if !r.policy.allows(failed, attempt) {
		return failed
	}
	d := r.policy.pauseAfter(failed, attempt)
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= d {
		return failed
	}
	if r.policy.OnRetry != nil {
		r.policy.OnRetry(ctx, failed, d)
	}
	if err := r.policy.Wait(ctx, d); err != nil {
		stopped := *failed
		stopped.Kind, stopped.Cause = StopKind(ctx), errors.Join(context.Cause(ctx), failed)
		return &stopped
	}
	return nil
}

var errNoEnd = errors.New("stream ended without a terminal event")

// failure returns err as an *Error, corrected by what this attempt knows: whether a delta was shown, and
// whether the watchdog ended it. The original is copied, since an adapter may return a shared value.
func failure(ctx context.Context, err error, req TextRequest, shown bool) *Error {
	e := &Error{Kind: Upstream, Model: req.Model, Accepted: true, Cause: err}
	var typed *Error
	if errors.As(err, &typed) {
		clone := *typed
		e = &clone
	}
	e.Shown = e.Shown || shown
	if endedByLimit(ctx) {
		e.Kind, e.Cause = Timeout, errors.Join(context.Cause(ctx), err)
	}
	return e
}

type attemptKey struct{}

// WithAttempt sets the number of a call's attempt, from 1. A Retrying streamer does so itself; a caller that
// repeats pictures and videos does it for each call.
func WithAttempt(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, attemptKey{}, n)
}

// Attempt returns the number of the attempt that ctx belongs to, from 1; 1 when it is not set.
func Attempt(ctx context.Context) int {
	if n, ok := ctx.Value(attemptKey{}).(int); ok {
		return n
	}
	return 1
}
