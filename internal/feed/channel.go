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

// channel is what all readers of one person in this process share: one subscription,
// each event decoded once.
type channel struct {
	user    oid.User
	readers map[*Reader]struct{} // guarded by Feed.mu
	ready   chan struct{}        // closed when cancel and err are set
	cancel  func()
	err     error
}

// attach adds r to its person's channel and returns when the bus has confirmed it or is out of reach.
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

// open subscribes the channel. It outlives the first reader, so it does not end with its context.
func (f *Feed) open(ctx context.Context, ch *channel) {
	defer close(ch.ready)
	topic := live.FeedTopic(ch.user.String())
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

// detach removes r; the last reader closes the channel.
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
	<-ch.ready
	if ch.cancel != nil {
		ch.cancel()
	}
}

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
	for r := range ch.readers {
		r.push(events)
	}
}

// compareSoon asks Run for a comparison of heads now; it never blocks.
func (f *Feed) compareSoon() {
	select {
	case f.kick <- struct{}{}:
	default:
	}
}

// Run compares the heads of connected people with the table until ctx ends: every five
// seconds, whenever the bus may have lost something, and each live.LookEvery while it is out of reach.
func (f *Feed) Run(ctx context.Context) {
	tick := time.NewTicker(live.LookEvery)
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
		compared = time.Now()
		if err := f.compare(ctx); err != nil && ctx.Err() == nil {
			f.log.WarnContext(ctx, "comparing feeds with the table failed", "error", err)
		}
	}
}

// compare reads the heads of all connected people in one query and tells their readers.
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
			r.heard(row.Epoch, row.Seq)
		}
	}
	return nil
}

func (f *Feed) connected() []oid.User {
	f.mu.Lock()
	defer f.mu.Unlock()
	users := make([]oid.User, 0, len(f.channels))
	for u := range f.channels {
		users = append(users, u)
	}
	return users
}
