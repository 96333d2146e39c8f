package rate_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/rate"
	"github.com/weav-ai/weav/internal/rate/memrate"
)

var errDown = errors.New("connection refused")

// shared is a limiter that can be lost.
type shared struct {
	rate.Limiter
	down  atomic.Bool
	hang  chan struct{} // when not nil, answers wait for its end
	calls atomic.Int64
}

func (s *shared) Take(ctx context.Context, subject string, n int, limits ...rate.Limit) (rate.Decision, error) {
	s.calls.Add(1)
	if s.hang != nil {
		<-s.hang
	}
	if err := ctx.Err(); err != nil {
		return rate.Decision{}, err
	}
	if s.down.Load() {
		return rate.Decision{}, errDown
	}
	return s.Limiter.Take(ctx, subject, n, limits...)
}

// journal is a log that a test reads.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(b)
}

func (j *journal) count(words string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.buf.String(), words)
}

func fallback() (*rate.FallbackLimiter, *shared, *journal) {
	primary, log := &shared{Limiter: memrate.New()}, &journal{}
	return rate.NewFallback(primary, memrate.New(), slog.New(slog.NewTextHandler(log, nil))), primary, log
}

var three = rate.Limit{Name: "three", Events: 3, Per: time.Hour}

// allowed takes one event many times and returns how often it was allowed.
func allowed(t *testing.T, l rate.Limiter, many int) (n int) {
	t.Helper()
	for range many {
		d, err := l.Take(t.Context(), "ada", 1, three)
		if err != nil {
			t.Fatal(err)
		}
		if d.Allowed {
			n++
		}
	}
	return n
}

func TestFallbackOverOutages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, primary, log := fallback()
		for outage := 1; outage <= 2; outage++ {
			want := 3
			if outage > 1 {
				want = 0 // Neither has forgotten anything.
			}
			if n := allowed(t, l, 5); n != want {
				t.Errorf("%d were allowed before outage %d, want %d", n, outage, want)
			}
			primary.down.Store(true)
			if n := allowed(t, l, 20); n != want {
				t.Errorf("%d were allowed in outage %d, want %d", n, outage, want)
			}
			if n := log.count("on its own"); n != outage {
				t.Errorf("%d notes of a beginning after outage %d", n, outage)
			}
			if n := l.Decided(); n != int64(20*outage) {
				t.Errorf("%d takes were decided here, want %d", n, 20*outage)
			}
			primary.down.Store(false)
			<-time.After(time.Second) // By the bubble's clock, which does not wait.
			allowed(t, l, 1)
			if n := log.count("shared again"); n != outage {
				t.Errorf("%d notes of an end after outage %d", n, outage)
			}
		}
	})
}

// TestFallbackTriesAFailedPrimaryOnceASecond checks that only one take a second waits for a primary that hangs.
func TestFallbackTriesAFailedPrimaryOnceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, primary, log := fallback()
		primary.down.Store(true)
		for second := int64(1); second <= 3; second++ {
			allowed(t, l, 50)
			if n := primary.calls.Load(); n != second {
				t.Errorf("it was asked %d times within %d seconds", n, second)
			}
			if n := log.count("on its own"); n != 1 {
				t.Errorf("%d notes of a beginning after %d seconds of one outage", n, second)
			}
			<-time.After(time.Second) // By the bubble's clock, which does not wait.
		}
	})
}

// TestFallbackWaitsForNoProbe checks that other takes continue while one probes the primary.
func TestFallbackWaitsForNoProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, primary, _ := fallback()
		primary.down.Store(true)
		allowed(t, l, 1)
		<-time.After(time.Second)
		primary.hang = make(chan struct{})
		var probe sync.WaitGroup
		probe.Go(func() { _, _ = l.Take(t.Context(), "bob", 1, three) })
		synctest.Wait() // The probe hangs.
		before := primary.calls.Load()
		allowed(t, l, 20)
		if n := primary.calls.Load() - before; n != 0 {
			t.Errorf("%d more takes asked a primary that hangs", n)
		}
		close(primary.hang)
		probe.Wait()
	})
}

func TestFallbackIgnoresCancelledCallers(t *testing.T) {
	t.Parallel()
	l, _, log := fallback()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d, err := l.Take(ctx, "ada", 1, three); !errors.Is(err, context.Canceled) || d.Allowed {
		t.Errorf("%+v, %v, want the caller's own end", d, err)
	}
	if l.Decided() != 0 || log.count("on its own") != 0 {
		t.Errorf("a caller who went began an outage")
	}
}

func TestFallbackIgnoresInvalidTakes(t *testing.T) {
	t.Parallel()
	l, _, log := fallback()
	if _, err := l.Take(t.Context(), "ada", 0, three); err == nil {
		t.Error("a take of nothing passed")
	}
	if l.Decided() != 0 || log.count("on its own") != 0 {
		t.Errorf("a mistake began an outage")
	}
}
