package livetest

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/live"
)

// quietTime is how long a test checks that something does not happen. The check cannot fail a correct bus,
// however slow the machine is.
const quietTime = 30 * time.Millisecond

// nothingAfterCancel cancels in the middle of a stream. A subscriber frees what deliver uses once cancel has returned.
func nothingAfterCancel(t *testing.T, bus live.Bus) {
	t.Helper()
	defer publishSteadily(t, bus, "a")()
	for range 100 {
		var cancelled atomic.Bool
		received := make(chan struct{}, 1)
		cancel, err := bus.Subscribe(t.Context(), "a", func([]byte) {
			if cancelled.Load() {
				t.Error("deliver was called after cancel had returned")
			}
			select {
			case received <- struct{}{}:
			default:
			}
		}, func() {})
		if err != nil {
			t.Errorf("subscribe: %v", err)
			return
		}
		within(t, received, "nothing was received")
		cancel()
		cancelled.Store(true)
	}
}

// cancelDropsWaiting cancels one subscription while another one blocks messages meant for both.
func cancelDropsWaiting(t *testing.T, bus live.Bus) {
	t.Helper()
	entered, release := blocker(t, bus, "a")
	defer release()
	stays, goes := Listen(t, bus, "a"), Listen(t, bus, "a")
	publish(t, bus, "a", "1", "2")
	within(t, entered, "nothing was received")
	goes.Cancel()
	before := goes.Received()
	release()
	stays.Wait(t, 2)
	publish(t, bus, "a", "3")
	stays.Wait(t, 3)
	if got := goes.Received(); !slices.Equal(got, before) {
		t.Errorf("received %v, at the return of cancel %v", got, before)
	}
}

// blocker subscribes to a topic and blocks with the first message until release, which a subscriber must not
// do.
func blocker(t *testing.T, bus live.Bus, topic string) (entered <-chan struct{}, release func()) {
	t.Helper()
	gate, first := make(chan struct{}), make(chan struct{}, 1)
	cancel, err := bus.Subscribe(t.Context(), topic, func([]byte) {
		select {
		case first <- struct{}{}:
		default:
		}
		<-gate
	}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cancel)
	return first, sync.OnceFunc(func() { close(gate) })
}

// publishSteadily publishes without a pause until stop, but at most 16 messages ahead of the deliveries.
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

// cancelWaits checks that cancel returns after a deliver that runs, for the same reason.
func cancelWaits(t *testing.T, bus live.Bus) {
	t.Helper()
	endWaits(t, bus, func(cancel func()) { cancel() })
}

// endWaits ends a subscription while its deliver runs, and checks that end returns only after deliver.
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
	within(t, entered, "nothing was received")
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
	case <-time.After(quietTime):
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
		t.Errorf("the other subscriber received %v", got)
	}
	if got := goes.Received(); len(got) != 1 {
		t.Errorf("the cancelled subscriber received %v", got)
	}
	again := Listen(t, bus, "a")
	publish(t, bus, "a", "4")
	if got := again.Wait(t, 1); got[0] != "4" {
		t.Errorf("a new subscriber received %v", got)
	}
}
