// Package ratetest is the contract of rate.Limiter as a test suite. Every adapter passes it.
package ratetest

import (
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/rate"
)

// Subject is a limiter under test.
type Subject struct {
	rate.Limiter
	// Pass returns when at least d has passed by the limiter's clock, which may be a clock of the test.
	Pass func(tb testing.TB, d time.Duration)
}

// Open returns a new limiter, and closes it at the end of the test. Its buckets must be independent of other
// limiters.
type Open func(tb testing.TB) Subject

// Run tests the limiters that open returns. Broken connections are tested by the adapters.
func Run(t *testing.T, open Open) {
	t.Helper()
	cases := []struct {
		name string
		test func(*testing.T, Subject)
	}{
		{"all events may come at once and no more", burst},
		{"the remaining events are reported", countsDown},
		{"a refused take charges nothing", refusedIsFree},
		{"all limits are charged or none", allOrNone},
		{"the longest wait decides", longestWait},
		{"the limit with the fewest left is reported", fewestLeft},
		{"subjects are apart", subjectsApart},
		{"limits are apart", limitsApart},
		{"one take charges limits differently", weights},
		{"more than all events count as all", moreThanAll},
		{"no limits allow everything", noLimits},
		{"what is not valid fails", invalid},
		{"a take is allowed after its time", retry},
		{"a bucket that drained is like new", drained},
		{"nothing passes the rate over time", sustained},
		{"odd numbers are exact", odd},
		{"parallel takes never pass the limit", parallel},
		{"parallel takes charge all limits or none", parallelAllOrNone},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

// hourly is a limit of which nothing noticeable drains within a test.
func hourly(name string, events int) rate.Limit {
	return rate.Limit{Name: name, Events: events, Per: time.Hour}
}

// take takes n events, which must not fail.
func (s Subject) take(tb testing.TB, subject string, n int, limits ...rate.Limit) rate.Decision {
	tb.Helper()
	d, err := s.Take(tb.Context(), subject, n, limits...)
	if err != nil {
		tb.Fatalf("take: %v", err)
	}
	return d
}

// allow takes n events, which must be allowed, and returns how many are left.
func (s Subject) allow(tb testing.TB, subject string, n int, limits ...rate.Limit) (remaining int) {
	tb.Helper()
	d := s.take(tb, subject, n, limits...)
	if !d.Allowed || d.RetryAfter != 0 {
		tb.Fatalf("%d of %s: %+v, want it allowed", n, subject, d)
	}
	return d.Remaining
}

// refuse takes n events, which must be refused.
func (s Subject) refuse(tb testing.TB, subject string, n int, limits ...rate.Limit) rate.Decision {
	tb.Helper()
	d := s.take(tb, subject, n, limits...)
	if d.Allowed || d.RetryAfter <= 0 {
		tb.Fatalf("%d of %s: %+v, want it refused", n, subject, d)
	}
	return d
}

// crowd takes one event from each of many goroutines and returns the decisions.
func (s Subject) crowd(tb testing.TB, many int, limits ...rate.Limit) []rate.Decision {
	tb.Helper()
	decisions, faults := make([]rate.Decision, many), make([]error, many)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			<-begin
			decisions[i], faults[i] = s.Take(tb.Context(), "crowd", 1, limits...)
		})
	}
	close(begin)
	all.Wait()
	for _, err := range faults {
		if err != nil {
			tb.Fatalf("take: %v", err)
		}
	}
	return decisions
}
