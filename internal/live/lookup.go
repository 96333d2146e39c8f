package live

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Lookup polls the database for the followed runs while the bus is unreachable. One query serves all
// followers of the process, so an outage of Redis adds one query per PollEvery to the database and not one
// per socket.
type Lookup[K comparable, V any] struct {
	bus  Bus
	log  *slog.Logger
	read func(ctx context.Context, keys []K) (map[K]V, error)

	mu        sync.Mutex
	followers map[K]map[*follower[V]]struct{}
}

// follower is one call of Follow. It is a pointer in the map, so that two followers of one key are distinct.
type follower[V any] struct{ take func(V) }

// NewLookup returns a Lookup that reads with read. Run must be running while there are followers.
func NewLookup[K comparable, V any](bus Bus, log *slog.Logger, read func(ctx context.Context, keys []K) (map[K]V, error)) *Lookup[K, V] {
	return &Lookup[K, V]{bus: bus, log: log, read: read, followers: map[K]map[*follower[V]]struct{}{}}
}

// Follow calls take with each value that is found under key, until leave is called. take must not block. It
// may be called once more while leave returns, because it is called without the lock.
func (l *Lookup[K, V]) Follow(key K, take func(V)) (leave func()) {
	f := &follower[V]{take: take}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.followers[key] == nil {
		l.followers[key] = map[*follower[V]]struct{}{}
	}
	l.followers[key][f] = struct{}{}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.followers[key], f)
		if len(l.followers[key]) == 0 {
			delete(l.followers, key)
		}
	}
}

// Run polls each PollEvery while the bus is unreachable, until ctx ends. A failed query is not repeated
// before the next tick: the database may be in trouble too.
func (l *Lookup[K, V]) Run(ctx context.Context) {
	tick := time.NewTicker(PollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if l.bus.Reachable() {
			continue
		}
		if err := l.poll(ctx); err != nil && ctx.Err() == nil {
			l.log.DebugContext(ctx, "what runs have stored cannot be read", "error", err)
		}
	}
}

// poll reads all followed keys in one query. The lock is not held during the query, since followers come and
// go from the goroutines of sockets.
func (l *Lookup[K, V]) poll(ctx context.Context) error {
	l.mu.Lock()
	keys := slices.Collect(maps.Keys(l.followers))
	l.mu.Unlock()
	if len(keys) == 0 {
		return nil
	}
	found, err := l.read(ctx, keys)
	if err != nil {
		return err
	}
	for key, value := range found {
		for _, f := range l.of(key) {
			f.take(value)
		}
	}
	return nil
}

func (l *Lookup[K, V]) of(key K) []*follower[V] {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.followers[key]))
}
