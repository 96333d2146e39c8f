// Package memrate limits rates within one process: for the embedded mode, for tests, and for
// while the shared store is out of reach.
package memrate

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/weav-ai/weav/internal/rate"
)

const (
	// shards lets subjects be decided at the same time.
	shards = 64
	// DefaultMost is how many buckets are kept, some 30 MB of them.
	DefaultMost = 200_000
)

// Limiter is the limiter. It holds a bucket while there is something in it, and starts no
// goroutine: those that are empty go as others come.
type Limiter struct {
	seed   maphash.Seed
	clock  func() time.Time
	most   int
	epoch  time.Time
	shards [shards]shard
}

var _ rate.Limiter = (*Limiter)(nil)

// Option changes a limiter.
type Option func(*Limiter)

// WithClock sets the time it goes by; default time.Now.
func WithClock(now func() time.Time) Option { return func(l *Limiter) { l.clock = now } }

// WithMost bounds how many buckets are kept; default DefaultMost. Beyond it the emptier ones are
// forgotten, so that a crowd of strangers cannot fill the memory.
func WithMost(buckets int) Option { return func(l *Limiter) { l.most = buckets } }

// New returns a limiter under which nothing was taken.
func New(opts ...Option) *Limiter {
	l := &Limiter{seed: maphash.MakeSeed(), clock: time.Now, most: DefaultMost}
	for _, opt := range opts {
		opt(l)
	}
	l.epoch = l.clock()
	for i := range l.shards {
		l.shards[i].buckets = map[key]bucket{}
	}
	return l
}

// Take implements rate.Limiter. It fails for a take that is not valid alone.
func (l *Limiter) Take(_ context.Context, subject string, n int, limits ...rate.Limit) (rate.Decision, error) {
	if err := rate.Check(n, limits); err != nil {
		return rate.Decision{}, err
	}
	var room [4]int64
	levels := room[:0]
	s := &l.shards[maphash.String(l.seed, subject)%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	now := l.clock().Sub(l.epoch).Microseconds()
	s.sweep(now)
	for _, limit := range limits {
		levels = append(levels, s.level(key{subject, limit.Bucket()}, now))
	}
	d := rate.Weigh(n, limits, levels)
	if !d.Allowed {
		return d, nil
	}
	for i, limit := range limits {
		s.put(key{subject, limit.Bucket()}, bucket{levels[i] + limit.Charge(n), now}, max(1, l.most/shards))
	}
	return d, nil
}

// Buckets is how many are kept now.
func (l *Limiter) Buckets() (n int) {
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		n += len(s.buckets)
		s.mu.Unlock()
	}
	return n
}

// shard is what is kept of some subjects; all of a subject is in one shard.
type shard struct {
	mu      sync.Mutex
	buckets map[key]bucket
	swept   int64
}

type key struct {
	subject string
	limit   rate.Limit
}

// bucket is a level at a time, in microseconds since the epoch.
type bucket struct{ level, at int64 }
