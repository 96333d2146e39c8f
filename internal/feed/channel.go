package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	entfeed "github.com/weav-ai/weav/ent/feed"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// channel is shared by all readers of one user in this process: one subscription of the bus, and each event
// is decoded once.
type channel struct {
	user    oid.User
	readers map[*Reader]struct{} // guarded by Feed.mu
	ready   chan struct{}        // closed when cancel and err are set
	cancel  func()
	err     error
}

// attach adds r to its user's channel and returns when the bus has confirmed it or is unreachable. The first
// reader subscribes; the others wait for it outside the lock.
func (f *Feed) attach(ctx context.Context, r *Reader) error {
	f.mu.Lock()
	ch, ok := f.channels[r.user]
	if !ok {
		ch = &channel{user: r.user, readers: map[*Reader]struct{}{}, ready: make(chan struct{})}
		f.channels[r.user] = ch
	}
	ch.readers[r] = struct{}{}
	f.mu.Unlock()
	r.channel = ch
	if !ok {
		f.open(ctx, ch)
	}
	select {
	case <-ch.ready:
		return ch.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// open subscribes the channel. The subscription outlives the first reader, so it does not end with that
// reader's context. A failed channel is removed, so that the next reader tries again.
func (f *Feed) open(ctx context.Context, ch *channel) {
	defer close(ch.ready)
	topic := live.FeedTopic(ch.user.String())
	// WithoutCancel: the first reader's context must not end the subscription of the others.
	cancel, err := f.bus.Subscribe(context.WithoutCancel(ctx), topic,
		func(payload []byte) { f.deliver(ch, payload) }, f.compareSoon)
	if err != nil {
		ch.err = fmt.Errorf("feed: subscribe: %w", err)
		f.mu.Lock()
		if f.channels[ch.user] == ch {
			delete(f.channels, ch.user)
		}
		f.mu.Unlock()
		return
	}
	ch.cancel = cancel
}

// detach removes r; the last reader closes the channel. cancel is called without the lock, because it waits
// for deliver, which takes it.
func (f *Feed) detach(r *Reader) {
	f.mu.Lock()
	ch := r.channel
	delete(ch.readers, r)
	last := len(ch.readers) == 0
	if last && f.channels[ch.user] == ch {
		delete(f.channels, ch.user)
	}
	f.mu.Unlock()
	if !last {
		return
	}
	// open may still be running in another goroutine: cancel is set when ready is closed.
	<-ch.ready
	if ch.cancel != nil {
		ch.cancel()
	}
}

// deliver decodes published events and hands them to the readers. What cannot be decoded is found by the next
// comparison with the table.
func (f *Feed) deliver(ch *channel, payload []byte) {
	var raw []store.Event
	if err := json.Unmarshal(payload, &raw); err != nil {
		f.log.Error("a published event cannot be read", "error", err)
		f.compareSoon()
		return
	}
	if len(raw) == 0 {
		f.compareSoon()
		return
	}
	events := make([]Event, 0, len(raw))
	for _, e := range raw {
		event, err := decode(e)
		if err != nil {
			f.log.Error("a published event cannot be read", "error", err)
			return
		}
		events = append(events, event)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	// push never blocks, so the lock is held only for a moment.
	for r := range ch.readers {
		r.push(events)
	}
}

// compareSoon makes Run compare the heads now; it never blocks.
func (f *Feed) compareSoon() {
	select {
	case f.kick <- struct{}{}:
	default:
	}
}

// Run compares the heads of connected users with the table until ctx ends: every five seconds, whenever the
// bus may have lost a message, and each live.PollEvery while it is unreachable. A comparison is one query,
// whatever the number of users.
func (f *Feed) Run(ctx context.Context) {
	tick := time.NewTicker(live.PollEvery)
	defer tick.Stop()
	compared := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.kick:
		case <-tick.C:
			reachable := f.bus.Reachable()
			if reachable {
				f.publishAgain(ctx)
			}
			if reachable && time.Since(compared) < compareEvery {
				continue
			}
		}
		// The time is taken before the query: what commits during it may be missed by it.
		compared = time.Now()
		if err := f.compare(ctx); err != nil && ctx.Err() == nil {
			f.log.WarnContext(ctx, "comparing feeds with the table failed", "error", err)
		}
	}
}

// compare reads the heads of all connected users in one query and passes them to their readers.
func (f *Feed) compare(ctx context.Context) error {
	users := f.connected()
	if len(users) == 0 {
		return nil
	}
	rows, err := f.store.Client().Feed.Query().Where(entfeed.IDIn(users...)).All(ctx)
	if err != nil {
		return fmt.Errorf("feed: compare: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, row := range rows {
		ch, ok := f.channels[row.ID]
		if !ok {
			continue
		}
		for r := range ch.readers {
			r.noteHead(row.Epoch, row.Seq)
		}
	}
	return nil
}

// connected returns the users that have a channel in this process.
func (f *Feed) connected() []oid.User {
	f.mu.Lock()
	defer f.mu.Unlock()
	users := make([]oid.User, 0, len(f.channels))
	for u := range f.channels {
		users = append(users, u)
	}
	return users
}
