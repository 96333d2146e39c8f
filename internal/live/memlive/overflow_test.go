package memlive_test

import (
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/live/livetest"
)

// TestOverflow publishes more than may wait behind a subscriber that blocks, as it must not.
func TestOverflow(t *testing.T) {
	t.Parallel()
	bus := open(t, live.TextTTL)
	gate := make(chan struct{})
	release := sync.OnceFunc(func() { close(gate) })
	defer release()
	cancel, err := bus.Subscribe(t.Context(), "a", func([]byte) { <-gate }, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { release(); cancel() }()
	r := livetest.Listen(t, bus, "b")

	const sent = 40_000
	for range sent {
		if err := bus.Publish(t.Context(), "a", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := bus.Publish(t.Context(), "b", []byte("after")); err != nil {
		t.Fatal(err)
	}
	release()
	r.WaitLost(t, 1)
	if got := r.Wait(t, 1); got[0] != "after" {
		t.Errorf("received %q behind the loss", got)
	}
}
