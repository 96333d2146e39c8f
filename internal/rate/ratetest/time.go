package ratetest

import (
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/rate"
)

// retry checks that RetryAfter is exact: after it one event is allowed, and only one.
func retry(t *testing.T, s Subject) {
	limit := rate.Limit{Name: "retry", Events: 2, Per: 2 * time.Second}
	s.allow(t, "ada", 2, limit)
	d := s.refuse(t, "ada", 1, limit)
	if d.RetryAfter > time.Second {
		t.Fatalf("retry after %v, want at most 1s", d.RetryAfter)
	}
	s.Pass(t, d.RetryAfter)
	s.allow(t, "ada", 1, limit)
	s.refuse(t, "ada", 1, limit)
}

// drained waits for two periods. A bucket never holds more than its limit, however long it was left alone.
func drained(t *testing.T, s Subject) {
	limit := rate.Limit{Name: "drained", Events: 1000, Per: 300 * time.Millisecond}
	s.allow(t, "ada", 1000, limit)
	s.Pass(t, limit.Per)
	s.Pass(t, limit.Per)
	if left := s.allow(t, "ada", 1, limit); left != 999 {
		t.Errorf("%d are left, want 999", left)
	}
}

// sustained takes as fast as is allowed for a few periods.
func sustained(t *testing.T, s Subject) {
	limit := rate.Limit{Name: "sustained", Events: 10, Per: 200 * time.Millisecond}
	allowed := 0
	var waited time.Duration
	began := time.Now()
	for waited < 3*limit.Per {
		d := s.take(t, "ada", 1, limit)
		if d.Allowed {
			allowed++
			continue
		}
		s.Pass(t, d.RetryAfter)
		waited += d.RetryAfter
	}
	// A clock of the test's own stands still between the waits; a real one goes on meanwhile.
	passed := max(waited, time.Since(began))
	if most := limit.Events + int(passed*time.Duration(limit.Events)/limit.Per) + 1; allowed > most {
		t.Errorf("%d were allowed within %v, want at most %d", allowed, passed, most)
	}
	if least := limit.Events + 2*limit.Events; allowed < least {
		t.Errorf("%d were allowed, want at least %d", allowed, least)
	}
}

// odd takes a number that does not divide the time evenly, so that rounding would allow one more or one less.
func odd(t *testing.T, s Subject) {
	limit := rate.Limit{Name: "odd", Events: 999_983, Per: 24 * time.Minute}
	s.allow(t, "ada", 999_982, limit)
	s.allow(t, "ada", 1, limit)
	if d := s.refuse(t, "ada", 5000, limit); d.RetryAfter > 7200123*time.Microsecond {
		t.Errorf("%+v, want 5,000 events: 7.200123 s", d)
	}
	small := hourly("small", 7)
	for range 7 {
		s.allow(t, "ada", 1, small)
	}
	s.refuse(t, "ada", 1, small)
}
