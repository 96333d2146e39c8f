package ratetest

import (
	"math"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/rate"
)

// burst takes all events at once; the next one is allowed after the time of one event, a fifth of the period.
func burst(t *testing.T, s Subject) {
	limit := hourly("burst", 5)
	for range 5 {
		s.allow(t, "ada", 1, limit)
	}
	d := s.refuse(t, "ada", 1, limit)
	if d.Limit != limit || d.Remaining != 0 || d.RetryAfter > 12*time.Minute || d.RetryAfter < 11*time.Minute {
		t.Errorf("%+v, want one event within 12 minutes", d)
	}
}

// countsDown checks Remaining, from which clients learn how much they may still do.
func countsDown(t *testing.T, s Subject) {
	limit := hourly("down", 10)
	for _, c := range []struct{ n, want int }{{1, 9}, {3, 6}, {6, 0}} {
		if got := s.allow(t, "ada", c.n, limit); got != c.want {
			t.Errorf("after %d more: %d are left, want %d", c.n, got, c.want)
		}
	}
}

// refusedIsFree repeats a refused take. A client that retries too early must not postpone its next event.
func refusedIsFree(t *testing.T, s Subject) {
	limit := hourly("free", 5)
	s.allow(t, "ada", 3, limit)
	for range 3 {
		if d := s.refuse(t, "ada", 3, limit); d.Remaining != 2 {
			t.Errorf("%d are left, want 2", d.Remaining)
		}
	}
	s.allow(t, "ada", 2, limit)
}

// allOrNone takes from two limits of which one refuses. The other one must not be charged, whichever comes first.
func allOrNone(t *testing.T, s Subject) {
	wide, narrow := hourly("wide", 10), hourly("narrow", 2)
	s.allow(t, "ada", 2, wide, narrow)
	for _, limits := range [][]rate.Limit{{wide, narrow}, {narrow, wide}} {
		if d := s.refuse(t, "ada", 1, limits...); d.Limit != narrow {
			t.Errorf("refused by %s, want narrow", d.Limit.Name)
		}
	}
	if left := s.allow(t, "ada", 1, wide); left != 7 {
		t.Errorf("%d of wide are left, want 7: a refused take was charged", left)
	}
}

// longestWait has two limits refuse. After the shorter wait the client would only be refused again.
func longestWait(t *testing.T, s Subject) {
	long, short := hourly("long", 2), rate.Limit{Name: "short", Events: 2, Per: time.Minute}
	s.allow(t, "ada", 2, long, short)
	for _, limits := range [][]rate.Limit{{long, short}, {short, long}} {
		if d := s.refuse(t, "ada", 1, limits...); d.Limit != long || d.RetryAfter < time.Minute {
			t.Errorf("%+v, want the wait of long", d)
		}
	}
}

// fewestLeft checks which limit an allowed take reports: the one that refuses first.
func fewestLeft(t *testing.T, s Subject) {
	few, many := hourly("few", 3), hourly("many", 9)
	for _, limits := range [][]rate.Limit{{few, many}, {many, few}} {
		if d := s.take(t, limits[0].Name, 1, limits...); d.Limit != few || d.Remaining != 2 {
			t.Errorf("%+v, want 2 of few", d)
		}
	}
}

// subjectsApart takes for several subjects. The empty one has a bucket of its own as well.
func subjectsApart(t *testing.T, s Subject) {
	limit := hourly("apart", 1)
	s.allow(t, "ada", 1, limit)
	s.refuse(t, "ada", 1, limit)
	s.allow(t, "bob", 1, limit)
	s.allow(t, "", 1, limit)
}

// limitsApart changes each part of a limit. A bucket belongs to name, number and period together, so that a limit
// that an operator changes begins with a full bucket.
func limitsApart(t *testing.T, s Subject) {
	limit := hourly("apart", 1)
	s.allow(t, "ada", 1, limit)
	s.refuse(t, "ada", 1, limit)
	s.allow(t, "ada", 1, hourly("other", 1))
	s.allow(t, "ada", 2, hourly("apart", 2))
	s.allow(t, "ada", 1, rate.Limit{Name: "apart", Events: 1, Per: time.Minute})
}

// weights takes as the API does: an operation charges its cost to one limit and itself to another.
func weights(t *testing.T, s Subject) {
	cost, count := hourly("cost", 100), hourly("count", 10)
	s.allow(t, "ada", 1, cost.Times(70), count)
	d := s.refuse(t, "ada", 1, cost.Times(31), count)
	if d.Limit != cost || d.Remaining != 30 {
		t.Errorf("%+v, want 30 of cost", d)
	}
	if d := s.take(t, "ada", 1, cost.Times(30), count); !d.Allowed || d.Limit != cost || d.Remaining != 0 {
		t.Errorf("%+v, want the last of cost", d)
	}
	if left := s.allow(t, "ada", 1, count); left != 7 {
		t.Errorf("%d of count are left, want 7", left)
	}
}

// moreThanAll takes more than the limit has. Refusing it would be for ever, so it takes all there is; MaxInt times a
// weight must not overflow.
func moreThanAll(t *testing.T, s Subject) {
	limit := hourly("all", 5)
	if left := s.allow(t, "ada", math.MaxInt, limit); left != 0 {
		t.Errorf("%d are left, want none", left)
	}
	s.allow(t, "bob", 1, limit)
	s.refuse(t, "bob", 6, limit)
	s.allow(t, "eve", 2, limit.Times(math.MaxInt))
	s.refuse(t, "eve", 1, limit)
}

func noLimits(t *testing.T, s Subject) {
	if d := s.take(t, "ada", 1); d != (rate.Decision{Allowed: true}) {
		t.Errorf("%+v, want it allowed", d)
	}
}

// invalid passes what only a fault of the server can pass. It fails and is not charged.
func invalid(t *testing.T, s Subject) {
	good := hourly("good", 1)
	for name, c := range map[string]struct {
		n      int
		limits []rate.Limit
	}{
		"no events taken":      {0, []rate.Limit{good}},
		"fewer than none":      {-1, []rate.Limit{good}},
		"a limit of no events": {1, []rate.Limit{good, hourly("none", 0)}},
		"a limit in no time":   {1, []rate.Limit{{Name: "never", Events: 1}}},
		"a limit beyond count": {1, []rate.Limit{hourly("much", math.MaxInt)}},
		"a charge of nothing":  {1, []rate.Limit{good.Times(0)}},
		"one limit twice":      {1, []rate.Limit{good, good.Times(2)}},
	} {
		if d, err := s.Take(t.Context(), "ada", c.n, c.limits...); err == nil || d.Allowed {
			t.Errorf("%s: %+v, want an error", name, d)
		}
	}
	s.allow(t, "ada", 1, good)
}
