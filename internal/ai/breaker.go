package ai

import (
	"context"
	"errors"
	"sync"
	"time"
)

// BreakerPosition is whether a Breaker lets calls through.
type BreakerPosition string

// The positions.
const (
	// BreakerClosed lets all calls through.
	BreakerClosed BreakerPosition = "closed"
	// BreakerOpen refuses all calls until its cool-down has passed.
	BreakerOpen BreakerPosition = "open"
	// BreakerHalfOpen lets one call through at a time, the probe, and refuses the others.
	BreakerHalfOpen BreakerPosition = "half_open"
)

// ErrBreakerOpen is the cause of an *Error with which a Breaker refused a call.
var ErrBreakerOpen = errors.New("provider is held back after failures in a row")

// BreakerState is the state of a Breaker at one moment.
type BreakerState struct {
	Position BreakerPosition
	// Since is when it entered its position; zero while it never left closed.
	Since time.Time
	// LastKind is the last failure that counted; empty before the first.
	LastKind Kind
}

// Breaker holds back calls to a provider while it fails, so that users get an answer at once, or one of
// another provider, and the failing provider can recover.
//
// It opens after consecutive failures of the provider (BreakerPolicy.Failures). After its cool-down it is
// half-open: one call at a time, the probe, goes through. A successful probe closes it; a failed one opens it
// again for twice as long. Failures that concern the request, the model or the caller count neither way, and
// so do calls that began before its last change of position.
//
// A refused call costs nothing: its *Error is of kind Overloaded, not Accepted, caused by ErrBreakerOpen, and
// its RetryAfter is the rest of the cool-down. Safe for concurrent use; it starts no goroutine.
type Breaker struct {
	provider string
	policy   BreakerPolicy

	mu       sync.Mutex
	state    BreakerState
	era      uint64 // the number of changes of position
	failures int    // in a row, while closed
	coolDown time.Duration
	probing  bool
}

// NewBreaker returns a closed Breaker for the provider of that name.
func NewBreaker(provider string, p BreakerPolicy) *Breaker {
	p = p.withDefaults()
	return &Breaker{provider: provider, policy: p, coolDown: p.CoolDown, state: BreakerState{Position: BreakerClosed}}
}

// State returns the current state.
func (b *Breaker) State() BreakerState {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.halfOpenWhenDue(b.policy.Now())
	return b.state
}

// admit lets a call through, or returns the error that refuses it. The caller ends the call with release.
func (b *Breaker) admit(model string) (*admitted, *Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.policy.Now()
	b.halfOpenWhenDue(now)
	switch {
	case b.state.Position == BreakerOpen:
		return nil, b.refusal(model, b.state.Since.Add(b.coolDown).Sub(now))
	case b.state.Position == BreakerHalfOpen && b.probing:
		return nil, b.refusal(model, probeWait)
	}
	b.probing = b.state.Position == BreakerHalfOpen
	return &admitted{breaker: b, era: b.era}, nil
}

// probeWait is the RetryAfter of a call that is refused because of a running probe, whose end is unknown.
const probeWait = time.Second

func (b *Breaker) refusal(model string, after time.Duration) *Error {
	return &Error{Kind: Overloaded, Provider: b.provider, Model: model, RetryAfter: after, Cause: ErrBreakerOpen}
}

// halfOpenWhenDue makes an open breaker half-open after its cool-down. There is no timer, so it is called
// before each decision. The position dates from the end of the cool-down, not from the call that finds it.
func (b *Breaker) halfOpenWhenDue(now time.Time) {
	if end := b.state.Since.Add(b.coolDown); b.state.Position == BreakerOpen && !now.Before(end) {
		b.move(BreakerHalfOpen, end)
	}
}

// move changes the position. The era changes with it, so that calls of the old position do not count in the
// new one.
func (b *Breaker) move(to BreakerPosition, at time.Time) {
	b.state.Position, b.state.Since = to, at
	b.era++
	b.failures, b.probing = 0, false
}

// admitted is a call that was let through. One goroutine uses it.
type admitted struct {
	breaker   *Breaker
	era       uint64
	concluded bool
}

// succeeded records that the provider works. Only the first result of a call counts.
func (c *admitted) succeeded() { c.conclude((*Breaker).recordSuccess) }

// failed records how the call ended. A failure that does not concern the provider frees the probe's place and
// counts neither way.
func (c *admitted) failed(ctx context.Context, err error) {
	kind := kindOfEnd(ctx, err)
	if f := c.breaker.policy.OnFailure; f != nil && kind != Canceled {
		f(kind)
	}
	if isProviderFault(kind) {
		c.conclude(func(b *Breaker) { b.recordFailure(kind) })
	}
}

// release ends the call. A call without a result counts neither way.
func (c *admitted) release() { c.conclude(func(b *Breaker) { b.probing = false }) }

// conclude applies the first result of a call, unless the breaker has changed its position since the call
// began, and reports the change of position that it caused. The callback is called without the lock.
func (c *admitted) conclude(verdict func(*Breaker)) {
	if c.concluded {
		return
	}
	c.concluded = true
	if state, moved := c.breaker.applyVerdict(c.era, verdict); moved && c.breaker.policy.OnMove != nil {
		c.breaker.policy.OnMove(state)
	}
}

func (b *Breaker) applyVerdict(era uint64, verdict func(*Breaker)) (now BreakerState, moved bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.era != era {
		return b.state, false
	}
	verdict(b)
	return b.state, b.era != era
}

func (b *Breaker) recordSuccess() {
	b.failures = 0
	if b.state.Position == BreakerHalfOpen {
		b.coolDown = b.policy.CoolDown
		b.move(BreakerClosed, b.policy.Now())
	}
}

func (b *Breaker) recordFailure(kind Kind) {
	b.state.LastKind = kind
	b.failures++
	switch {
	case b.state.Position == BreakerHalfOpen:
		b.coolDown = min(2*b.coolDown, b.policy.MaxCoolDown)
	case b.failures < b.policy.Failures:
		return
	}
	b.move(BreakerOpen, b.policy.Now())
}
