package rate

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// retryEvery is the pause between two tries of a primary that failed. One take a second pays its timeout
// during an outage.
const retryEvery = time.Second

// FallbackLimiter uses a primary limiter, and a local one while the primary does not answer.
type FallbackLimiter struct {
	primary, local Limiter
	log            *slog.Logger
	now            func() time.Time
	decided        atomic.Int64

	mu    sync.Mutex
	since time.Time // when the outage began; zero when there is none
	probe time.Time // when the primary may be tried again
}

var _ Limiter = (*FallbackLimiter)(nil)

// NewFallback returns a limiter that uses primary, and local while primary does not answer. During an outage
// each process limits users on its own: requests are neither refused nor unlimited. One take a second tries
// the primary, so that the others do not wait for it. An outage is logged once when it begins and once when
// it ends.
func NewFallback(primary, local Limiter, log *slog.Logger) *FallbackLimiter {
	return &FallbackLimiter{primary: primary, local: local, log: log, now: time.Now}
}

// Take implements Limiter. It fails when ctx has ended, or for a take that is not valid. Invalid takes are
// checked first, so that they are not counted as an outage of the primary.
func (s *FallbackLimiter) Take(ctx context.Context, subject string, n int, limits ...Limit) (Decision, error) {
	if err := Check(n, limits); err != nil {
		return Decision{}, err
	}
	if s.mayTryPrimary() {
		d, err := s.primary.Take(ctx, subject, n, limits...)
		if err == nil {
			s.restored(ctx)
			return d, nil
		}
		if ctx.Err() != nil {
			return Decision{}, err // The caller's context ended, which says nothing about the primary.
		}
		s.lost(ctx, err)
	}
	s.decided.Add(1)
	return s.local.Take(ctx, subject, n, limits...)
}

// Decided returns how many takes the local limiter has decided.
func (s *FallbackLimiter) Decided() int64 { return s.decided.Load() }

// mayTryPrimary reports whether a take may try the primary. During an outage it reserves the try, so that
// concurrent takes do not try too.
func (s *FallbackLimiter) mayTryPrimary() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		return true
	}
	now := s.now()
	if now.Before(s.probe) {
		return false
	}
	s.probe = now.Add(retryEvery)
	return true
}

func (s *FallbackLimiter) lost(ctx context.Context, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.probe = now.Add(retryEvery)
	if s.since.IsZero() {
		s.since = now
		s.log.InfoContext(ctx, "rate limits are counted by each process on its own: the shared store does not answer", "error", err)
	}
}

func (s *FallbackLimiter) restored(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		return
	}
	s.log.InfoContext(ctx, "rate limits are shared again", "after", s.now().Sub(s.since))
	s.since = time.Time{}
}
