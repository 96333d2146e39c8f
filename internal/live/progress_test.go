package live_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/live"
)

// published is a progress and when the test's bus got it.
type published struct {
	value float64
	after time.Duration
}

// runLoop is the loop of a writer for d: it sets a new value every pace and publishes what is due.
func runLoop(t *testing.T, w *live.ProgressWriter, r *live.ProgressReader, pace, d time.Duration) (got []published) {
	t.Helper()
	start, n := time.Now(), 0
	set, end := time.NewTicker(pace), time.NewTimer(d+pace/2)
	defer set.Stop()
	for {
		select {
		case <-set.C:
			n++
			value := float64(n)
			w.Set(&value, "")
		case <-w.Due():
			w.Publish(t.Context())
			p, ok := r.Next()
			if !ok {
				t.Error("due, but nothing was published")
				continue
			}
			got = append(got, published{*p.Value, time.Since(start)})
		case <-end.C:
			return got
		}
	}
}

// TestProgressIsPublishedAtMostFourTimesASecond sets progress more often, and less often, than that.
func TestProgressIsPublishedAtMostFourTimesASecond(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	cases := []struct {
		name string
		pace time.Duration
		want []published
	}{
		{"ten times a second", 100 * ms, []published{{1, 100 * ms}, {3, 350 * ms}, {6, 600 * ms}, {8, 850 * ms}}},
		{"hundred times a second", 10 * ms, []published{{1, 10 * ms}, {25, 260 * ms}, {50, 510 * ms}, {75, 760 * ms}}},
		{"twice a second", 500 * ms, []published{{1, 500 * ms}, {2, 1000 * ms}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				bus := &passingBus{}
				w := live.NewProgressWriter(bus, "job", "run", slog.New(slog.DiscardHandler))
				r := live.NewProgressReader(bus, "job", func() {})
				if err := r.Listen(t.Context()); err != nil {
					t.Fatal(err)
				}
				got := runLoop(t, w, r, c.pace, time.Second)
				// Of a value that is set in the very moment of publishing either may win.
				same := func(a, b published) bool { return a.after == b.after && b.value-a.value <= 1 && a.value-b.value <= 1 }
				if !slices.EqualFunc(got, c.want, same) {
					t.Errorf("published %v, want %v", got, c.want)
				}
			})
		})
	}
}

// passingBus passes what is published on to its one subscriber, at once.
type passingBus struct{ stubBus }

func (b *passingBus) Publish(_ context.Context, _ string, payload []byte) error {
	b.deliver(payload)
	return nil
}

// TestProgressOnTheWire pins the message: processes of two releases exchange it.
func TestProgressOnTheWire(t *testing.T) {
	t.Parallel()
	half := 0.5
	cases := []struct {
		name  string
		value *float64
		phase string
		want  string
	}{
		{"a value", &half, "", `{"run":"run","value":0.5,"at":"2000-01-01T00:00:00Z"}`},
		{"a phase", nil, "making <it>", `{"run":"run","phase":"making \u003cit\u003e","at":"2000-01-01T00:00:00Z"}`},
		{"no report", nil, "", `{"run":"run","at":"2000-01-01T00:00:00Z"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // Its clock begins with the year 2000.
				bus := &stubBus{}
				w := live.NewProgressWriter(bus, "job", "run", slog.New(slog.DiscardHandler))
				w.Set(c.value, c.phase)
				w.Publish(t.Context())
				if want := []string{"publish job:job " + c.want}; !slices.Equal(bus.calls, want) {
					t.Errorf("the bus was asked\n%q\nwant\n%q", bus.calls, want)
				}
			})
		})
	}
}

func TestProgressIsPublishedOnce(t *testing.T) {
	t.Parallel()
	bus := &stubBus{fail: []error{errDown}}
	w := live.NewProgressWriter(bus, "job", "run", slog.New(slog.DiscardHandler))
	w.Publish(t.Context())
	for _, phase := range []string{"lost", "received"} {
		w.Set(nil, phase)
		w.Publish(t.Context())
		w.Publish(t.Context())
	}
	if len(bus.calls) != 2 || !strings.Contains(bus.calls[1], "received") {
		t.Errorf("the bus was asked %q, want once for each Set", bus.calls)
	}
}

func TestProgressReaderReturnsTheNewest(t *testing.T) {
	t.Parallel()
	bus, notified := &stubBus{}, 0
	r := live.NewProgressReader(bus, "job", func() { notified++ })
	if err := r.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		bus.say(live.Progress{Run: "run", Phase: fmt.Sprint(n)})
	}
	bus.deliver([]byte("{"))
	if p, ok := r.Next(); !ok || p.Phase != "2" || p.Run != "run" {
		t.Errorf("reported %+v, %t; want the newest", p, ok)
	}
	if p, ok := r.Next(); ok {
		t.Errorf("reported %+v again", p)
	}
	if notified != 3 {
		t.Errorf("notified %d times, want 3", notified)
	}
}

func TestProgressReaderListens(t *testing.T) {
	t.Parallel()
	bus := &stubBus{fail: []error{errDown}}
	r := live.NewProgressReader(bus, "job", func() {})
	r.Close()
	if err := r.Listen(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("on a bus that is down: %v", err)
	}
	for range 2 {
		if err := r.Listen(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r.Close()
	if want := []string{"job:job", "job:job"}; !slices.Equal(bus.topics, want) || bus.cancelled != 1 {
		t.Errorf("subscribed to %q and cancelled %d, want one that failed and one that did not", bus.topics, bus.cancelled)
	}
}
