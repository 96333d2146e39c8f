package memrate_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/rate"
	"github.com/weav-ai/weav/internal/rate/memrate"
	"github.com/weav-ai/weav/internal/rate/ratetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that passes when the test says so.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	ratetest.Run(t, func(testing.TB) ratetest.Subject {
		c := newClock()
		return ratetest.Subject{
			Limiter: memrate.New(memrate.WithClock(c.time)),
			Pass:    func(_ testing.TB, d time.Duration) { c.pass(d) },
		}
	})
}

func BenchmarkTake(b *testing.B) {
	ratetest.Bench(b, func(testing.TB) ratetest.Subject { return ratetest.Subject{Limiter: memrate.New()} })
}

func take(t *testing.T, l *memrate.Limiter, subject string, n int, limit rate.Limit) rate.Decision {
	t.Helper()
	d, err := l.Take(t.Context(), subject, n, limit)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestTimeIsExact takes at exactly RetryAfter, and a microsecond before.
func TestTimeIsExact(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := memrate.New(memrate.WithClock(c.time))
	limit := rate.Limit{Name: "exact", Events: 7, Per: time.Minute}
	began := c.time()
	take(t, l, "ada", 7, limit)
	for i := range 100 {
		d := take(t, l, "ada", 1, limit)
		c.pass(d.RetryAfter - time.Microsecond)
		if d := take(t, l, "ada", 1, limit); d.Allowed || d.RetryAfter != time.Microsecond {
			t.Fatalf("a microsecond early: %+v", d)
		}
		c.pass(time.Microsecond)
		if d := take(t, l, "ada", 1, limit); !d.Allowed {
			t.Fatalf("in time: %+v", d)
		}
		// A seventh of a minute is no whole number of microseconds: what is rounded up once is not lost.
		want := (time.Duration(i+1)*time.Minute/7 + time.Microsecond - 1).Truncate(time.Microsecond)
		if got := c.time().Sub(began); got != want {
			t.Fatalf("event %d beyond the burst came after %v, want %v", i+1, got, want)
		}
	}
}

// TestShortWaitsAddUp takes more often than a microsecond passes: no part of the time is lost.
func TestShortWaitsAddUp(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := memrate.New(memrate.WithClock(c.time))
	limit := rate.Limit{Name: "short", Events: 1_000_000, Per: time.Second}
	take(t, l, "ada", 1_000_000, limit)
	allowed := 0
	for range 10_000 {
		c.pass(300) // Nanoseconds; an event drains in 1,000.
		if take(t, l, "ada", 1, limit).Allowed {
			allowed++
		}
	}
	if allowed != 3000 {
		t.Errorf("%d were allowed within 3 ms, want 3,000", allowed)
	}
}

func TestClockGoingBackDrainsNothing(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := memrate.New(memrate.WithClock(c.time))
	limit := rate.Limit{Name: "back", Events: 2, Per: time.Minute}
	take(t, l, "ada", 2, limit)
	c.pass(-time.Hour)
	if d := take(t, l, "ada", 1, limit); d.Allowed || d.RetryAfter != 30*time.Second {
		t.Errorf("%+v, want a wait of 30s", d)
	}
}

func TestEmptyBucketsAreForgotten(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := memrate.New(memrate.WithClock(c.time))
	limit := rate.Limit{Name: "short", Events: 10, Per: time.Second}
	for i := range 10_000 {
		take(t, l, strconv.Itoa(i), 1, limit)
	}
	if n := l.Buckets(); n != 10_000 {
		t.Fatalf("%d buckets, want 10,000", n)
	}
	c.pass(2 * time.Minute)
	for i := range 1_000 { // Every shard is used again.
		take(t, l, "x"+strconv.Itoa(i), 1, limit)
	}
	if n := l.Buckets(); n != 1_000 {
		t.Errorf("%d buckets, want the last 1,000", n)
	}
}

func TestRefusedTakeStoresNothing(t *testing.T) {
	t.Parallel()
	l := memrate.New()
	limit := rate.Limit{Name: "narrow", Events: 1, Per: time.Hour}
	other := rate.Limit{Name: "wide", Events: 10, Per: time.Hour}
	take(t, l, "ada", 1, limit)
	if d, err := l.Take(t.Context(), "ada", 1, limit, other); err != nil || d.Allowed {
		t.Fatalf("%+v, %v, want it refused", d, err)
	}
	if n := l.Buckets(); n != 1 {
		t.Errorf("%d buckets, want that of the first take alone", n)
	}
}

// TestCrowdOfStrangersCannotFillTheMemory also checks that it cannot remove the bucket of a limited subject.
func TestCrowdOfStrangersCannotFillTheMemory(t *testing.T) {
	t.Parallel()
	const most = 6400
	l := memrate.New(memrate.WithMost(most))
	limit := rate.Limit{Name: "crowd", Events: 100, Per: time.Hour}
	take(t, l, "abuser", 100, limit)
	for i := range 10 * most {
		take(t, l, strconv.Itoa(i), 1, limit)
	}
	if n := l.Buckets(); n > most {
		t.Errorf("%d buckets, want at most %d", n, most)
	}
	if d := take(t, l, "abuser", 1, limit); d.Allowed {
		t.Error("a crowd of strangers pushed out one who has nothing left")
	}
}
