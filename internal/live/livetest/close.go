package livetest

import (
	"sync/atomic"
	"testing"

	"github.com/weav-ai/weav/internal/live"
)

// closeWaits checks that Close, like cancel, returns after a deliver that runs.
func closeWaits(t *testing.T, bus live.Bus) {
	t.Helper()
	endWaits(t, bus, func(func()) {
		if err := bus.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
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
