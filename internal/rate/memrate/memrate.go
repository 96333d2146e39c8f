// Package memrate limits rates within one process: for the embedded mode, for tests, and while the shared
// store is unreachable.
package memrate

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/weav-ai/weav/internal/rate"
)

const (
	// shards lets takes of different subjects be decided at the same time.
	shards = 64
	// DefaultMost is how many buckets are stored: about 30 MB.
	DefaultMost = 200_000
)

// Limiter stores a bucket while it is not empty, and starts no goroutine: empty buckets are removed during
// later takes.
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

// WithClock sets the clock; default time.Now.
func WithClock(now func() time.Time) Option { return func(l *Limiter) { l.clock = now } }

// WithMost bounds how many buckets are stored; default DefaultMost. Beyond it the emptier ones are removed,
// so that requests from many addresses cannot exhaust the memory.
func WithMost(buckets int) Option { return func(l *Limiter) { l.most = buckets } }

// New returns a limiter with empty buckets.
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

// Take implements rate.Limiter. It fails only for a take that is not valid. All buckets of a subject are in
// one shard, so one lock makes the take atomic.
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

// Buckets returns how many buckets are stored.
func (l *Limiter) Buckets() (n int) {
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		n += len(s.buckets)
		s.mu.Unlock()
	}
	return n
}

// shard holds the buckets of some subjects; all buckets of a subject are in one shard.
type shard struct {
	mu      sync.Mutex
	buckets map[key]bucket
	swept   int64
}

type key struct {
	subject string
	limit   rate.Limit
}

// bucket is a level and the time it was computed at, in microseconds since the epoch of the limiter.
type bucket struct{ level, at int64 }
