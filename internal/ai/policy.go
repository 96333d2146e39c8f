package ai

import (
	"context"
	"errors"
	"time"
)

// RetryPolicy bounds a call of a Retrying streamer. The zero value is the default.
type RetryPolicy struct {
	// Max is how often a call is repeated at most; default 3, negative for never.
	Max int
	// Backoff is the wait before the first repetition, doubled for each further one; default 1 s. A
	// provider's RetryAfter replaces it.
	Backoff time.Duration
	// MaxWait caps every wait, including RetryAfter; default 30 s.
	MaxWait time.Duration
	// Idle is how long a provider may be silent before its first event and
	// between two; default 60 s.
	Idle time.Duration
	// Total bounds all attempts and waits together; default 10 min.
	Total time.Duration
	// Wait waits between attempts; default Wait.
	Wait WaitFunc
	// OnRetry is called for each failure before it is repeated, for the log and the metrics; may be nil.
	OnRetry func(ctx context.Context, failed *Error, wait time.Duration)
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	if p.Max == 0 {
		p.Max = 3
	}
	p.Backoff = orDefault(p.Backoff, time.Second)
	p.MaxWait = orDefault(p.MaxWait, 30*time.Second)
	p.Idle = orDefault(p.Idle, time.Minute)
	p.Total = orDefault(p.Total, 10*time.Minute)
	if p.Wait == nil {
		p.Wait = Wait
	}
	return p
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d <= 0 {
		return fallback
	}
	return d
}

// allows reports whether attempt, counted from 1, may be followed by another. NoOutput is repeated once only,
// because it is paid and rarely succeeds the second time.
func (p RetryPolicy) allows(failed *Error, attempt int) bool {
	limit := p.Max
	if failed.Kind == NoOutput {
		limit = min(limit, 1)
	}
	// An open breaker stays open for longer than the wait of a repetition.
	return !errors.Is(failed, ErrBreakerOpen) && failed.Repeatable() && attempt <= limit
}

// pauseAfter is the wait after attempt, counted from 1. It is doubled stepwise, so that no number of attempts
// can overflow it.
func (p RetryPolicy) pauseAfter(failed *Error, attempt int) time.Duration {
	if failed.RetryAfter > 0 {
		return min(failed.RetryAfter, p.MaxWait)
	}
	d := p.Backoff
	for i := 1; i < attempt && d < p.MaxWait; i++ {
		d *= 2
	}
	return min(d, p.MaxWait)
}
