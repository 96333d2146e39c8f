package livetest

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/live"
)

// moment is how long a test watches that something does not happen.
const moment = 30 * time.Millisecond

func nothingAfterCancel(t *testing.T, bus live.Bus) {
	t.Helper()
	defer publishSteadily(t, bus, "a")()
	for range 100 {
		var cancelled atomic.Bool
		heard := make(chan struct{}, 1)
		cancel, err := bus.Subscribe(t.Context(), "a", func([]byte) {
			if cancelled.Load() {
				t.Error("deliver was called after cancel had returned")
			}
			select {
			case heard <- struct{}{}:
			default:
			}
		}, func() {})
		if err != nil {
			t.Errorf("subscribe: %v", err)
			return
		}
		within(t, heard, "nothing was heard")
		cancel()
		cancelled.Store(true)
	}
}

// publishSteadily publishes without a pause until stop, but never gets far ahead of the deliveries.
func publishSteadily(t *testing.T, bus live.Bus, topic string) (stop func()) {
	t.Helper()
	underway := make(chan struct{}, 16)
	cancel, err := bus.Subscribe(t.Context(), topic, func([]byte) { <-underway }, func() {})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var publisher sync.WaitGroup
	publisher.Go(func() {
		for {
			select {
			case <-done:
				return
			case underway <- struct{}{}:
				publishAll(t, bus, topic, []string{"x"})
			}
		}
	})
	return func() {
		close(done)
		publisher.Wait()
		cancel()
	}
}

func cancelWaits(t *testing.T, bus live.Bus) {
	t.Helper()
	endWaits(t, bus, func(cancel func()) { cancel() })
}

func closeWaits(t *testing.T, bus live.Bus) {
	t.Helper()
	endWaits(t, bus, func(func()) {
		if err := bus.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// endWaits ends a subscription while its deliver runs.
func endWaits(t *testing.T, bus live.Bus, end func(cancel func())) {
	t.Helper()
	gate, entered := make(chan struct{}), make(chan struct{})
	var finished atomic.Bool
	cancel, err := bus.Subscribe(t.Context(), "a", func([]byte) {
		close(entered)
		<-gate
		finished.Store(true)
	}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, bus, "a", "x")
	within(t, entered, "nothing was heard")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		end(cancel)
		if !finished.Load() {
			t.Error("the end came while deliver was running")
		}
	}()
	select {
	case <-ended:
	case <-time.After(moment):
	}
	close(gate)
	within(t, ended, "the end did not come")
}

func cancelOne(t *testing.T, bus live.Bus) {
	t.Helper()
	goes, stays := Listen(t, bus, "a"), Listen(t, bus, "a")
	publish(t, bus, "a", "1")
	goes.Wait(t, 1)
	goes.Cancel()
	goes.Cancel() // A second time it does nothing.
	publish(t, bus, "a", "2", "3")
	if got := stays.Wait(t, 3); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("the other subscriber heard %v", got)
	}
	if got := goes.Heard(); len(got) != 1 {
		t.Errorf("the cancelled subscriber heard %v", got)
	}
	again := Listen(t, bus, "a")
	publish(t, bus, "a", "4")
	if got := again.Wait(t, 1); got[0] != "4" {
		t.Errorf("a new subscriber heard %v", got)
	}
}

func closeEnds(t *testing.T, bus live.Bus) {
	t.Helper()
	var closed atomic.Bool
	cancel, err := bus.Subscribe(t.Context(), "a", func([]byte) {
		if closed.Load() {
			t.Error("deliver was called after Close had returned")
		}
	}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, bus, "a", numbers(200)...)
	if err := bus.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	closed.Store(true)
	if err := bus.Close(); err != nil {
		t.Errorf("close a second time: %v", err)
	}
	cancel()
	refusesAll(t, bus)
}

func refusesAll(t *testing.T, bus live.Bus) {
	t.Helper()
	ctx := t.Context()
	_, subscribe := bus.Subscribe(ctx, "a", func([]byte) {}, func() {})
	_, _, text := bus.Text(ctx, "run")
	for step, err := range map[string]error{
		"publish":   bus.Publish(ctx, "a", nil),
		"subscribe": subscribe,
		"append":    bus.Append(ctx, "run", live.Offset{}, "x"),
		"replace":   bus.Replace(ctx, "run", "x"),
		"text":      text,
		"ping":      bus.Ping(ctx),
	} {
		if err == nil {
			t.Errorf("%s works on a closed bus", step)
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
