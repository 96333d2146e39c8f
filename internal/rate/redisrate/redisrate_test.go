package redisrate_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/rate"
	"github.com/weav-ai/weav/internal/rate/memrate"
	"github.com/weav-ai/weav/internal/rate/ratetest"
	"github.com/weav-ai/weav/internal/rate/redisrate"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// go-redis checks once a second whether a server that refused 20 connections is back, also
		// for that long after the client was closed.
		goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// openAt opens a limiter on a server for the length of the test, under a prefix of the test's own.
func openAt(tb testing.TB, url string, opts ...redisrate.Option) *redisrate.Limiter {
	tb.Helper()
	l, err := redisrate.New(url, append(opts, redisrate.WithPrefix(tb.Name()+":"))...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return l
}

// clientAt opens a plain client on a server for the length of the test.
func clientAt(tb testing.TB, url string) *redis.Client {
	tb.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	c := redis.NewClient(options)
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// passing waits by the clock of Redis.
func passing(c *redis.Client) func(testing.TB, time.Duration) {
	return func(tb testing.TB, d time.Duration) {
		tb.Helper()
		deadline := time.NewTimer(d + 10*time.Second)
		defer deadline.Stop()
		looks := time.NewTicker(2 * time.Millisecond)
		defer looks.Stop()
		began := now(tb, c)
		for now(tb, c).Sub(began) < d {
			select {
			case <-looks.C:
			case <-deadline.C:
				tb.Fatalf("%v did not pass by the clock of Redis", d)
			}
		}
	}
}

func now(tb testing.TB, c *redis.Client) time.Time {
	tb.Helper()
	at, err := c.Time(tb.Context()).Result()
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

// turns are the limiters of several processes on one server, which take in turn.
type turns struct {
	limiters []*redisrate.Limiter
	next     *atomic.Int64
}

func (p turns) Take(ctx context.Context, subject string, n int, limits ...rate.Limit) (rate.Decision, error) {
	return p.limiters[int(p.next.Add(1))%len(p.limiters)].Take(ctx, subject, n, limits...)
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	url := servicetest.Redis(t)
	pass := passing(clientAt(t, url))
	patient := redisrate.WithTimeout(30 * time.Second) // A thousand at once on a busy machine.
	t.Run("one process", func(t *testing.T) {
		t.Parallel()
		ratetest.Run(t, func(tb testing.TB) ratetest.Subject {
			return ratetest.Subject{Limiter: openAt(tb, url, patient), Pass: pass}
		})
	})
	t.Run("several processes", func(t *testing.T) {
		t.Parallel()
		ratetest.Run(t, func(tb testing.TB) ratetest.Subject {
			processes := turns{next: &atomic.Int64{}}
			for range 3 {
				processes.limiters = append(processes.limiters, openAt(tb, url, patient))
			}
			return ratetest.Subject{Limiter: processes, Pass: pass}
		})
	})
}

func BenchmarkTake(b *testing.B) {
	url := servicetest.Redis(b)
	ratetest.Bench(b, func(tb testing.TB) ratetest.Subject { return ratetest.Subject{Limiter: openAt(tb, url)} })
}

func TestKeysExpire(t *testing.T) {
	t.Parallel()
	url := servicetest.Redis(t)
	l, c := openAt(t, url), clientAt(t, url)
	hour := rate.Limit{Name: "long", Events: 60, Per: time.Hour}
	short := rate.Limit{Name: "short", Events: 1, Per: 30 * time.Millisecond}
	if _, err := l.Take(t.Context(), "ada", 2, hour, short); err != nil {
		t.Fatal(err)
	}
	long := t.Name() + ":rate:ada:long:60/1h0m0s"
	ttl, err := c.PTTL(t.Context(), long).Result()
	if err != nil || ttl > 2*time.Minute+time.Millisecond || ttl < time.Minute {
		t.Errorf("the key lives for %v (%v), want the 2 minutes until its bucket is empty", ttl, err)
	}
	passing(c)(t, 2*short.Per)
	keys, err := c.Keys(t.Context(), t.Name()+":*").Result()
	if err != nil || len(keys) != 1 || keys[0] != long {
		t.Errorf("keys %v (%v), want the long one alone", keys, err)
	}
}

func TestForeignValueIsAnEmptyBucket(t *testing.T) {
	t.Parallel()
	url := servicetest.Redis(t)
	l, c := openAt(t, url), clientAt(t, url)
	limit := rate.Limit{Name: "odd", Events: 2, Per: time.Hour}
	if err := c.Set(t.Context(), t.Name()+":rate:ada:odd:2/1h0m0s", "nonsense", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	if d, err := l.Take(t.Context(), "ada", 1, limit); err != nil || d.Remaining != 1 {
		t.Errorf("%+v, %v, want one left", d, err)
	}
}

func TestDeadRedisIsAnErrorInTime(t *testing.T) {
	t.Parallel()
	server := servicetest.RedisServer(t)
	l := openAt(t, server.URL())
	limit := rate.Limit{Name: "dead", Events: 2, Per: time.Hour}
	if _, err := l.Take(t.Context(), "ada", 2, limit); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	began := time.Now()
	d, err := l.Take(t.Context(), "ada", 1, limit)
	if errs.CodeOf(err) != errs.Unavailable || d.Allowed {
		t.Errorf("%+v, %v, want UNAVAILABLE", d, err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v, want half a second", took)
	}
	var shown *errs.Error
	if errors.As(err, &shown) && strings.Contains(shown.Message, server.Addr()) {
		t.Errorf("the message contains the address: %v", err)
	}
	server.Start()
	if d, err := l.Take(t.Context(), "ada", 1, limit); err != nil || !d.Allowed {
		t.Errorf("after the restart: %+v, %v", d, err)
	}
}

// TestFallbackOverAnOutage is what a process sees of one: limits hold all the time.
func TestFallbackOverAnOutage(t *testing.T) {
	t.Parallel()
	server := servicetest.RedisServer(t)
	l := rate.NewFallback(openAt(t, server.URL()), memrate.New(), slog.New(slog.DiscardHandler))
	limit := rate.Limit{Name: "outage", Events: 3, Per: time.Hour}
	if n := taken(t, l, 10, limit); n != 3 || l.Decided() != 0 {
		t.Fatalf("before: %d allowed, %d of them by the process itself", n, l.Decided())
	}
	server.Kill()
	if n := taken(t, l, 10, limit); n != 3 || l.Decided() != 10 {
		t.Fatalf("meanwhile: %d allowed, %d decided by the process itself, want 3 of 10", n, l.Decided())
	}
	server.Start()
	deadline := time.Now().Add(10 * time.Second)
	looks := time.NewTicker(10 * time.Millisecond)
	defer looks.Stop()
	for restored := false; !restored; {
		before := l.Decided()
		taken(t, l, 1, rate.Limit{Name: "look", Events: 1, Per: time.Millisecond})
		if time.Now().After(deadline) {
			t.Fatal("the limits were never shared again")
		}
		restored = l.Decided() == before
		<-looks.C
	}
	if n := taken(t, l, 10, limit); n != 3 { // Redis came back empty.
		t.Errorf("afterwards: %d allowed, want 3", n)
	}
}

// taken takes one event many times and returns how often it was allowed.
func taken(t *testing.T, l rate.Limiter, many int, limit rate.Limit) (allowed int) {
	t.Helper()
	for range many {
		d, err := l.Take(t.Context(), "ada", 1, limit)
		if err != nil {
			t.Fatal(err)
		}
		if d.Allowed {
			allowed++
		}
	}
	return allowed
}

func TestURLIsNotRepeated(t *testing.T) {
	t.Parallel()
	_, err := redisrate.New("redis://:hunter2@[")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}
