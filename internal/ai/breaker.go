package ai

import (
	"context"
	"errors"
	"sync"
	"time"
)

// BreakerPosition says whether a Breaker lets calls through.
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

// BreakerState is a Breaker at one moment.
type BreakerState struct {
	Position BreakerPosition
	// Since is when it came to its position; zero while it never left closed.
	Since time.Time
	// LastKind is the failure that counted last; empty before the first.
	LastKind Kind
}

// Breaker holds calls to one provider back while it fails, so that people are told at once, or served by
// another provider, and an ill provider is left to recover.
//
// It opens after failures in a row that tell of the provider's health (BreakerPolicy.Failures). When its
// cool-down has passed it is half-open: one probe at a time goes through. A probe that succeeds closes it,
// one that fails opens it again for twice as long. Failures that are about the request, the model or
// the caller count neither way, and so do calls that began before its last change of position.
//
// A call that is refused costs nothing: its *Error is of kind Overloaded, not Accepted, caused by
// ErrBreakerOpen, and its RetryAfter is what is left of the cool-down. Safe for concurrent use;
// it starts no goroutine.
type Breaker struct {
	provider string
	policy   BreakerPolicy

	mu       sync.Mutex
	state    BreakerState
	era      uint64 // counts the changes of position
	failures int    // in a row, while closed
	coolDown time.Duration
	probing  bool
}

// NewBreaker returns a closed Breaker for the provider of that name.
func NewBreaker(provider string, p BreakerPolicy) *Breaker {
	p = p.withDefaults()
	return &Breaker{provider: provider, policy: p, coolDown: p.CoolDown, state: BreakerState{Position: BreakerClosed}}
}

// State is how the breaker stands now.
func (b *Breaker) State() BreakerState {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cool(b.policy.Now())
	return b.state
}

// admit lets a call through, or returns what it is refused with. The caller ends the call with leave.
func (b *Breaker) admit(model string) (*admitted, *Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.policy.Now()
	b.cool(now)
	switch {
	case b.state.Position == BreakerOpen:
		return nil, b.refusal(model, b.state.Since.Add(b.coolDown).Sub(now))
	case b.state.Position == BreakerHalfOpen && b.probing:
		return nil, b.refusal(model, probeWait)
	}
	b.probing = b.state.Position == BreakerHalfOpen
	return &admitted{breaker: b, era: b.era}, nil
}

// probeWait is the RetryAfter of a call that is refused because of a probe, whose end nobody knows.
const probeWait = time.Second

func (b *Breaker) refusal(model string, after time.Duration) *Error {
	return &Error{Kind: Overloaded, Provider: b.provider, Model: model, RetryAfter: after, Cause: ErrBreakerOpen}
}

// cool makes an open breaker half-open when its time has come. The position dates from then, not from the
// call that finds out.
func (b *Breaker) cool(now time.Time) {
	if end := b.state.Since.Add(b.coolDown); b.state.Position == BreakerOpen && !now.Before(end) {
		b.move(BreakerHalfOpen, end)
	}
}

func (b *Breaker) move(to BreakerPosition, at time.Time) {
	b.state.Position, b.state.Since = to, at
	b.era++
	b.failures, b.probing = 0, false
}

// admitted is a call that was let through. One goroutine uses it.
type admitted struct {
	breaker *Breaker
	era     uint64
	settled bool
}

// succeeded says that the provider does its work. Only the first word on a call counts.
func (c *admitted) succeeded() { c.settle((*Breaker).healthy) }

// failed says how the call ended. What is not about the provider's health frees a probe's place
// and counts neither way.
func (c *admitted) failed(ctx context.Context, err error) {
	kind := kindOfEnd(ctx, err)
	if f := c.breaker.policy.OnFailure; f != nil && kind != Canceled {
		f(kind)
	}
	if tellsOfHealth(kind) {
		c.settle(func(b *Breaker) { b.ill(kind) })
	}
}

// leave ends the call. One that nothing was said about counts neither way.
func (c *admitted) leave() { c.settle(func(b *Breaker) { b.probing = false }) }

// settle applies the first verdict on a call, unless the breaker has moved since it began, and tells of
// the change of position that this made.
func (c *admitted) settle(verdict func(*Breaker)) {
	if c.settled {
		return
	}
	c.settled = true
	if state, moved := c.breaker.judge(c.era, verdict); moved && c.breaker.policy.OnMove != nil {
		c.breaker.policy.OnMove(state)
	}
}

func (b *Breaker) judge(era uint64, verdict func(*Breaker)) (now BreakerState, moved bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.era != era {
		return b.state, false
	}
	verdict(b)
	return b.state, b.era != era
}

func (b *Breaker) healthy() {
	b.failures = 0
	if b.state.Position == BreakerHalfOpen {
		b.coolDown = b.policy.CoolDown
		b.move(BreakerClosed, b.policy.Now())
	}
}

func (b *Breaker) ill(kind Kind) {
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
