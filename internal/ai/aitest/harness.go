// Package aitest is the suite that every adapter of the ai port passes. It says in
// tests what the port says in words; a new adapter brings a Harness and nothing else.
package aitest

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/ai"
)

// Ending says what the provider does behind its text.
type Ending int

// The endings.
const (
	// Completes sends the terminal event.
	Completes Ending = iota
	// Hangs sends nothing more and keeps the connection open.
	Hangs
	// Breaks ends the stream without a terminal event.
	Breaks
)

// Script is what the provider is made to do.
type Script struct {
	// Text is written in several deltas, or none when empty. It may hold U+0000.
	Text string
	// Finish is the reason a completed text ends with.
	Finish ai.Finish
	// Ending follows the text.
	Ending Ending
	// Fail refuses the request with a failure of this kind; the rest is then not played.
	Fail ai.Kind
}

// Call is an adapter and a request to which its provider plays a Script, as often
// as it is sent.
type Call struct {
	Streamer ai.TextStreamer
	Request  ai.TextRequest
	// Closed receives a value when the provider's side saw a connection close before
	// its script was done; nil for an adapter without connections.
	Closed <-chan struct{}
	// Received returns the requests so far as the provider's side read them, in the words of the port: model,
	// instruction, turns, answer, limit and temperature. It is nil for an adapter whose provider cannot tell.
	Received func() []ai.TextRequest
}

// Harness ties the suite to one adapter.
type Harness struct {
	// Provider is the name the adapter's errors carry.
	Provider string
	// Fails are the kinds its provider can refuse a request with; RateLimited must
	// come with a RetryAfter.
	Fails []ai.Kind
	// TellsUsage says that the provider tells usage also when a call is cut short.
	TellsUsage bool
	// Shapes says that the provider can be held to a Shape, Sees that it takes Images.
	Shapes, Sees bool
	// Play prepares a call. It registers its clean-up on t.
	Play func(t *testing.T, s Script) Call
}

// Run runs the suite. The calling test must not be parallel, because its last check is that
// no goroutine is left.
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
