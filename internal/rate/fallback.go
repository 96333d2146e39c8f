package rate

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// retryEvery is how long a primary that failed is left alone.
const retryEvery = time.Second

// Substitute is a limiter with another one beside it, for while it does not answer.
type Substitute struct {
	primary, local Limiter
	log            *slog.Logger
	now            func() time.Time
	decided        atomic.Int64

	mu    sync.Mutex
	since time.Time // when the outage began; zero when there is none
	probe time.Time // when the primary may be asked again
}

var _ Limiter = (*Substitute)(nil)

// Fallback returns a limiter that asks primary, and local while primary does not answer: people
// are limited by each process on its own then, neither stopped nor unlimited. During an outage one
// take a second tries primary, so that the others do not wait for it. An outage is logged once as it
// begins and once as it ends.
func Fallback(primary, local Limiter, log *slog.Logger) *Substitute {
	return &Substitute{primary: primary, local: local, log: log, now: time.Now}
}

// Take implements Limiter. It fails when ctx has ended, or for a take that is not valid.
func (s *Substitute) Take(ctx context.Context, subject string, n int, limits ...Limit) (Decision, error) {
	if err := Check(n, limits); err != nil {
		return Decision{}, err
	}
	if s.mayAsk() {
		d, err := s.primary.Take(ctx, subject, n, limits...)
		if err == nil {
			s.restored(ctx)
			return d, nil
		}
		if ctx.Err() != nil {
			return Decision{}, err // The caller has gone: that tells nothing of the primary.
		}
		s.lost(ctx, err)
	}
	s.decided.Add(1)
	return s.local.Take(ctx, subject, n, limits...)
}

// Decided is how many takes the local limiter has decided.
func (s *Substitute) Decided() int64 { return s.decided.Load() }

// mayAsk tells whether a take may try the primary. During an outage it reserves the try.
func (s *Substitute) mayAsk() bool {
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

func (s *Substitute) lost(ctx context.Context, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.probe = now.Add(retryEvery)
	if s.since.IsZero() {
		s.since = now
		s.log.InfoContext(ctx, "rate limits are counted by each process on its own: the shared store does not answer", "error", err)
	}
}

func (s *Substitute) restored(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		return
	}
	s.log.InfoContext(ctx, "rate limits are shared again", "after", s.now().Sub(s.since))
	s.since = time.Time{}
}
