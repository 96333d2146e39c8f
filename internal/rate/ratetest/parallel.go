package ratetest

import (
	"testing"

	"github.com/weav-ai/weav/internal/rate"
)

// many is how many take at once.
const many = 1000

// parallel lets all of them take one limit: a limiter that reads and then writes allows too many.
func parallel(t *testing.T, s Subject) {
	limit := hourly("crowd", 100)
	if n := allowedOf(s.crowd(t, many, limit)); n != limit.Events {
		t.Errorf("%d of %d were allowed, want %d", n, many, limit.Events)
	}
}

// parallelAllOrNone takes two limits: those that the narrow one refuses must not charge the wide one.
func parallelAllOrNone(t *testing.T, s Subject) {
	narrow, wide := hourly("narrow", 50), hourly("wide", 800)
	if n := allowedOf(s.crowd(t, many, wide, narrow)); n != narrow.Events {
		t.Errorf("%d of %d were allowed, want %d", n, many, narrow.Events)
	}
	if left := s.allow(t, "crowd", 1, wide); left != wide.Events-narrow.Events-1 {
		t.Errorf("%d of wide are left, want %d", left, wide.Events-narrow.Events-1)
	}
}

func allowedOf(decisions []rate.Decision) (n int) {
	for _, d := range decisions {
		if d.Allowed {
			n++
		}
	}
	return n
}
