package livetest

import (
	"errors"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/live"
)

// forgotten lets a text expire. A writer learns of it by ErrMismatch, and stores the whole text again.
func forgotten(t *testing.T, open Open) {
	t.Helper()
	bus := open(t, 100*time.Millisecond)
	end := write(t, bus, "run", live.Offset{}, "soon gone")
	untilForgotten(t, bus)
	if err := bus.Append(t.Context(), "run", end, "more"); !errors.Is(err, live.ErrMismatch) {
		t.Errorf("append to a forgotten text: %v, want ErrMismatch", err)
	}
	if err := bus.Replace(t.Context(), "run", "soon gone, more"); err != nil {
		t.Errorf("replace of a forgotten text: %v", err)
	}
	untilForgotten(t, bus)
}

// untilForgotten waits until the text has expired.
func untilForgotten(t *testing.T, bus live.Bus) {
	t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(patience)
	for {
		_, ok, err := bus.Text(t.Context(), "run")
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return
		}
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatal("the text was kept for ever")
		}
	}
}

// extendedByAppend appends for longer than a text is stored, and then stops. A pause of the machine longer
// than half the TTL makes the result meaningless and ends the test.
func extendedByAppend(t *testing.T, open Open) {
	t.Helper()
	const ttl = 800 * time.Millisecond
	bus := open(t, ttl)
	at := write(t, bus, "run", live.Offset{}, "x")
	tick := time.NewTicker(ttl / 8)
	defer tick.Stop()
	last := time.Now()
	for end := last.Add(2 * ttl); last.Before(end); last = time.Now() {
		<-tick.C
		err := bus.Append(t.Context(), "run", at, "x")
		if time.Since(last) > ttl/2 {
			t.Skip("this machine pauses for too long to tell")
		}
		if err != nil {
			t.Fatalf("append at %+v: %v", at, err)
		}
		at = at.End("x")
	}
	untilForgotten(t, bus)
}
