// Package aitest is the contract of the ai port as a test suite, which every adapter passes. A new adapter
// provides a Harness and nothing else.
package aitest

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/ai"
)

// Ending is what the provider does after its text.
type Ending int

// The endings.
const (
	// Completes sends the terminal event.
	Completes Ending = iota
	// Hangs sends nothing more and leaves the connection open.
	Hangs
	// Breaks ends the stream without a terminal event.
	Breaks
)

// Script is the behaviour of the provider in a test.
type Script struct {
	// Text is written in several deltas, or none when empty. It may hold U+0000.
	Text string
	// Finish is the reason a completed text ends with.
	Finish ai.Finish
	// Ending follows the text.
	Ending Ending
	// Fail refuses the request with a failure of this kind; the rest is not played then.
	Fail ai.Kind
}

// Call is an adapter and a request to which its provider plays a Script, each time it is sent.
type Call struct {
	Streamer ai.TextStreamer
	Request  ai.TextRequest
	// Closed receives a value when the provider's side saw a connection close before its script was done; nil
	// for an adapter without connections.
	Closed <-chan struct{}
	// Received returns the requests that the provider's side received, in the types of the port: model,
	// instruction, turns, answer, limit and temperature. It is nil for an adapter whose provider cannot
	// report them.
	Received func() []ai.TextRequest
}

// Harness connects the suite to one adapter.
type Harness struct {
	// Provider is the provider's name in the adapter's errors.
	Provider string
	// Fails are the kinds that its provider can refuse a request with; RateLimited must have a RetryAfter.
	Fails []ai.Kind
	// ReportsUsage means that the provider reports the usage of an interrupted call too.
	ReportsUsage bool
	// Shapes means that the provider supports a Shape, TakesImages that it takes Images.
	Shapes, TakesImages bool
	// Play prepares a call. It registers its clean-up on t.
	Play func(t *testing.T, s Script) Call
}

// Run runs the suite. The calling test must not be parallel, because the last check is that no goroutine is
// left.
func Run(t *testing.T, h Harness) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Run("suite", func(t *testing.T) {
		t.Run("replies", h.testReplies)
		t.Run("requests", h.testRequests)
		t.Run("concurrent calls", h.testConcurrent)
		t.Run("canceled", h.testCanceled)
		t.Run("deadline", h.testDeadline)
		t.Run("reader leaves", h.testReaderLeaves)
		t.Run("broken stream", h.testBroken)
		t.Run("failures", h.testFailures)
	})
	goleak.VerifyNone(t, before)
}
