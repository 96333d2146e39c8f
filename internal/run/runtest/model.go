package runtest

import (
	"context"
	"iter"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// Model is a provider of texts that says what the test says.
type Model struct {
	calls chan *Call
	over  chan struct{} // closed when the test ends
}

// Call is one call of a Model.
type Call struct {
	Request ai.TextRequest
	steps   chan func(yield func(ai.TextEvent, error) bool) bool
	ended   chan struct{} // closed when the call has returned: what the test says then is not heard
	over    chan struct{}
}

func newModel(t *testing.T) *Model {
	m := &Model{calls: make(chan *Call, 100), over: make(chan struct{})}
	t.Cleanup(func() { close(m.over) })
	return m
}

// StreamText implements ai.TextStreamer.
func (m *Model) StreamText(ctx context.Context, req ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) {
		c := &Call{Request: req, steps: make(chan func(yield func(ai.TextEvent, error) bool) bool), ended: make(chan struct{}), over: m.over}
		defer close(c.ended)
		m.calls <- c
		for {
			select {
			case step := <-c.steps:
				if !step(yield) {
					return
				}
			case <-ctx.Done():
				yield(ai.TextEvent{}, &ai.Error{Kind: ai.StopKind(ctx), Accepted: true})
				return
			case <-m.over:
				return
			}
		}
	}
}

// Next returns the next call that is made.
func (m *Model) Next(t *testing.T) *Call {
	t.Helper()
	return Receive(t, m.calls, "a call of the model")
}

// Calls is how many calls were made and not taken by Next.
func (m *Model) Calls() int { return len(m.calls) }

func (c *Call) step(do func(yield func(ai.TextEvent, error) bool) bool) {
	select {
	case c.steps <- do:
	case <-c.ended:
	case <-c.over:
	}
}

// Say yields a piece.
func (c *Call) Say(piece string) {
	c.step(func(yield func(ai.TextEvent, error) bool) bool { return yield(ai.TextEvent{Delta: piece}, nil) })
}

// Finish ends the text.
func (c *Call) Finish(why ai.Finish) {
	c.step(func(yield func(ai.TextEvent, error) bool) bool {
		yield(ai.TextEvent{Final: &ai.TextResult{Finish: why, Model: "model", Usage: ai.Usage{Input: 5, Output: 7, Known: true}}}, nil)
		return false
	})
}

// Fail ends the call with a fault.
func (c *Call) Fail(fault *ai.Error) {
	c.step(func(yield func(ai.TextEvent, error) bool) bool { yield(ai.TextEvent{}, fault); return false })
}

// Panic makes the adapter panic.
func (c *Call) Panic() {
	c.step(func(func(ai.TextEvent, error) bool) bool { panic("an adapter's fault") })
}
