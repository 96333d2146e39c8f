package livetest

import (
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/live"
)

// Recorder is a subscription that stores what it receives. It never blocks the bus.
type Recorder struct {
	// Cancel ends the subscription.
	Cancel func()

	mu       sync.Mutex
	received []string
	lost     int
	more     chan struct{} // closed and replaced with every call
}

// Listen subscribes to a topic for the length of the test.
func Listen(tb testing.TB, bus live.Bus, topic string) *Recorder {
	tb.Helper()
	r := &Recorder{more: make(chan struct{})}
	cancel, err := bus.Subscribe(tb.Context(), topic, r.deliver, r.miss)
	if err != nil {
		tb.Fatalf("subscribe to %s: %v", topic, err)
	}
	r.Cancel = cancel
	tb.Cleanup(cancel)
	return r
}

func (r *Recorder) deliver(payload []byte) {
	r.note(func() { r.received = append(r.received, string(payload)) })
}

func (r *Recorder) miss() { r.note(func() { r.lost++ }) }

func (r *Recorder) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.more)
	r.more = make(chan struct{})
}

// Received returns what was received so far.
func (r *Recorder) Received() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.received...)
}

// Lost returns how often lost was called so far.
func (r *Recorder) Lost() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// Wait returns the first n payloads as soon as there are n.
func (r *Recorder) Wait(tb testing.TB, n int) []string {
	tb.Helper()
	r.until(tb, "messages", n, func() int { return len(r.received) })
	return r.Received()[:n]
}

// WaitLost returns as soon as lost was called n times.
func (r *Recorder) WaitLost(tb testing.TB, n int) {
	tb.Helper()
	r.until(tb, "losses", n, func() int { return r.lost })
}

func (r *Recorder) until(tb testing.TB, what string, n int, count func() int) {
	tb.Helper()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		have, more := count(), r.more
		r.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-more:
		case <-deadline:
			tb.Fatalf("%d %s after %v, want %d", have, what, patience, n)
		}
	}
}

// publish publishes or fails the test.
func publish(tb testing.TB, bus live.Bus, topic string, payloads ...string) {
	tb.Helper()
	for _, p := range payloads {
		if err := bus.Publish(tb.Context(), topic, []byte(p)); err != nil {
			tb.Fatalf("publish: %v", err)
		}
	}
}

// within waits for a signal and reports its absence.
func within[T any](tb testing.TB, signal <-chan T, absent string) bool {
	tb.Helper()
	select {
	case <-signal:
		return true
	case <-time.After(patience):
		tb.Error(absent)
		return false
	}
}
