package live

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Lookup brings followers what the database has of their runs while the bus is out of reach, with one query of
// the process for all of them.
type Lookup[K comparable, V any] struct {
	bus  Bus
	log  *slog.Logger
	read func(ctx context.Context, keys []K) (map[K]V, error)

	mu        sync.Mutex
	followers map[K]map[*follower[V]]struct{}
}

// follower is one who is brought what was found.
type follower[V any] struct{ take func(V) }

// NewLookup returns a Lookup that reads by read; Run must run while there are followers.
func NewLookup[K comparable, V any](bus Bus, log *slog.Logger, read func(ctx context.Context, keys []K) (map[K]V, error)) *Lookup[K, V] {
	return &Lookup[K, V]{bus: bus, log: log, read: read, followers: map[K]map[*follower[V]]struct{}{}}
}

// Follow has take called with what is found under key, until leave. take must not block; it may be called once more
// while leave returns.
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

// Run looks each LookEvery while the bus is out of reach, until ctx ends.
func (l *Lookup[K, V]) Run(ctx context.Context) {
	tick := time.NewTicker(LookEvery)
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
		if err := l.look(ctx); err != nil && ctx.Err() == nil {
			l.log.DebugContext(ctx, "what runs have stored cannot be read", "error", err)
		}
	}
}

func (l *Lookup[K, V]) look(ctx context.Context) error {
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
