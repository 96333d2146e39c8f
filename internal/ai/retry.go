package ai

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Retrying returns a TextStreamer that repeats calls of s that failed in a way that
// may pass (Error.Repeatable), never after a delta was shown, and NoOutput only once. When
// the policy's Idle or Total runs out the error is of kind Timeout. A failure
// whose wait would outlast the deadline is returned at once.
//
// It also mends what s gets wrong: a stream without an end is Interrupted, an error
// that is no *Error is Upstream, events without content are swallowed, and nothing
// follows the final. The usage is the last attempt's alone.
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
		first := Attempt(ctx) // A caller that counts attempts of its own goes on counting.
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

// try makes one attempt and returns its failure; nil when the final was yielded or
// the reader left.
func (r *retrying) try(ctx context.Context, req TextRequest, yield func(TextEvent, error) bool) *Error {
	ctx, dog := watch(ctx, r.policy.Idle)
	defer dog.stop()
	shown := false
	for ev, err := range r.next.StreamText(ctx, req) {
		dog.heard()
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
		dog.listen()
	}
	return failure(ctx, &Error{Kind: Interrupted, Model: req.Model, Accepted: true, Cause: errNoEnd}, req, shown)
}

// pause waits until the next attempt is due. It returns the error to end with when
// there is none.
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

// failure gives err the one form, with what this attempt knows better than the adapter.
func failure(ctx context.Context, err error, req TextRequest, shown bool) *Error {
	e := &Error{Kind: Upstream, Model: req.Model, Accepted: true, Cause: err}
	var typed *Error
	if errors.As(err, &typed) {
		clone := *typed
		e = &clone
	}
	e.Shown = e.Shown || shown
	if oursEnded(ctx) {
		e.Kind, e.Cause = Timeout, errors.Join(context.Cause(ctx), err)
	}
	return e
}

type attemptKey struct{}

// WithAttempt tells a call the number of its attempt, from 1. A Retrying streamer does
// so itself; a caller that repeats pictures and videos does it for each call.
func WithAttempt(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, attemptKey{}, n)
}

// Attempt is the number of the attempt that ctx belongs to, from 1. Without one it is 1.
func Attempt(ctx context.Context) int {
	if n, ok := ctx.Value(attemptKey{}).(int); ok {
		return n
	}
	return 1
}
