package live_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/live"
)

// reachBus is a bus that a test puts out of reach.
type reachBus struct {
	live.Bus
	reachable atomic.Bool
}

// Reachable implements live.Bus.
func (b *reachBus) Reachable() bool { return b.reachable.Load() }

// TestLookupReadsOnlyInAnOutage follows two runs through an outage: one query for both each half second.
func TestLookupReadsOnlyInAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus := &reachBus{}
		bus.reachable.Store(true)
		var asked [][]string
		var isUp atomic.Bool
		l := live.NewLookup(bus, slog.New(slog.DiscardHandler), func(_ context.Context, keys []string) (map[string]string, error) {
			slices.Sort(keys)
			asked = append(asked, keys)
			if !isUp.Load() {
				return nil, errors.New("the database is down")
			}
			return map[string]string{"a": "text"}, nil
		})
		got := map[string]int{}
		leaveA := l.Follow("a", func(string) { got["a"]++ })
		again := l.Follow("a", func(string) { got["again"]++ })
		leaveB := l.Follow("b", func(string) { got["b"]++ })
		ctx, cancel := context.WithCancel(t.Context())
		go l.Run(ctx)
		wait := func(d time.Duration) { // By the bubble's clock, which does not wait.
			time.Sleep(d) //nolint:forbidigo // The bubble's clock does not wait.
			synctest.Wait()
		}
		wait(10 * time.Second)
		if len(asked) != 0 {
			t.Errorf("asked %v while the bus is in reach", asked)
		}
		bus.reachable.Store(false)
		wait(live.PollEvery)
		isUp.Store(true)
		wait(live.PollEvery)
		if len(asked) != 2 || !slices.Equal(asked[1], []string{"a", "b"}) || got["a"] != 1 || got["again"] != 1 || got["b"] != 0 {
			t.Errorf("asked %v, brought %v", asked, got)
		}
		leaveA()
		leaveB()
		wait(live.PollEvery)
		if last := asked[len(asked)-1]; !slices.Equal(last, []string{"a"}) || got["a"] != 1 || got["again"] != 2 {
			t.Errorf("then asked %v, brought %v", last, got)
		}
		again()
		n := len(asked)
		wait(5 * time.Second)
		if len(asked) != n {
			t.Error("asked for nobody")
		}
		cancel()
		synctest.Wait()
	})
}

// TestProgressOfTheDatabaseNeverGoesBack offers the progress of a row beside what was received.
func TestProgressOfTheDatabaseNeverGoesBack(t *testing.T) {
	t.Parallel()
	bus := &stubBus{}
	r := live.NewProgressReader(bus, "job", func() {})
	if err := r.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	progress := func(run string, v float64) live.Progress { return live.Progress{Run: run, Value: &v} }
	steps := []struct {
		name     string
		received bool
		p        live.Progress
		reported bool
	}{
		{"the row alone", false, progress("1", 0.2), true},
		{"the row again", false, progress("1", 0.2), false},
		{"received", true, progress("1", 0.5), true},
		{"the row is behind", false, progress("1", 0.4), false},
		{"the row goes on", false, progress("1", 0.6), true},
		{"another run", false, progress("2", 0.1), true},
	}
	for _, s := range steps {
		if s.received {
			bus.say(s.p)
		} else {
			r.Offer(s.p)
		}
		p, ok := r.Next()
		if ok != s.reported || ok && *p.Value != *s.p.Value {
			t.Errorf("%s: reported %t, want %t", s.name, ok, s.reported)
		}
	}
}
