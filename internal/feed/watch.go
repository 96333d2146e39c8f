package feed

import (
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Item is what a subscriber of a feed receives: exactly one of the fields after At is set.
type Item struct {
	Cursor Cursor
	At     time.Time
	// Snapshot means that the subscriber starts with the account as of now.
	Snapshot bool
	// Resync is why the previous events are not joined by the following ones; a snapshot follows.
	Resync ResyncReason
	// Event is a durable event.
	Event *Event
}

// retryRead is how long a subscription waits before it reads the table again after an error. The subscription
// stays open, since the events are not lost.
const retryRead = 500 * time.Millisecond

// Watch follows a feed until ctx ends: a snapshot, or all events after the cursor, then new events.
func (f *Feed) Watch(ctx context.Context, user oid.User, after *Cursor) (<-chan Item, error) {
	reader, err := f.Open(ctx, user, after)
	var resync *ResyncError
	if err != nil && !errors.As(err, &resync) {
		return nil, err
	}
	w := &watcher{feed: f, reader: reader, out: make(chan Item)}
	go w.run(ctx, after.IsFresh(), resync)
	return w.out, nil
}

// watcher is one subscription; only its goroutine uses it.
type watcher struct {
	feed   *Feed
	reader *Reader
	out    chan Item
}

// run delivers until ctx ends. After a failed read it tries again after retryRead, without ending the
// subscription.
func (w *watcher) run(ctx context.Context, fresh bool, resync *ResyncError) {
	defer close(w.out)
	defer w.reader.Close()
	if !w.begin(ctx, fresh, resync) {
		return
	}
	retry := time.NewTimer(time.Hour)
	retry.Stop()
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-retry.C:
		case <-w.reader.Wake():
		}
		err := w.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			w.feed.log.WarnContext(ctx, "a subscription reads its feed again", "error", err)
			retry.Reset(retryRead)
		}
	}
}

// begin sends what the subscription starts with: the resync, a snapshot, or nothing after a valid cursor.
func (w *watcher) begin(ctx context.Context, fresh bool, resync *ResyncError) bool {
	switch {
	case resync != nil:
		return w.resync(ctx, resync.Reason)
	case fresh:
		return w.send(ctx, Item{Cursor: w.reader.Cursor(), At: store.Now(), Snapshot: true})
	default:
		return true
	}
}

// follow sends the events that Take returns.
func (w *watcher) follow(ctx context.Context) error {
	events, err := w.reader.Take(ctx)
	var resync *ResyncError
	if errors.As(err, &resync) {
		w.resync(ctx, resync.Reason)
		return nil
	}
	if err != nil {
		return err
	}
	for i := range events {
		if !w.send(ctx, Item{Cursor: events[i].Cursor(), At: events[i].At, Event: &events[i]}) {
			return ctx.Err()
		}
	}
	return nil
}

// resync sends the reason, then a snapshot. The first cursor records that the snapshot is outstanding: a
// client that reconnects between the two gets it then.
func (w *watcher) resync(ctx context.Context, reason ResyncReason) bool {
	at, now := w.reader.Cursor(), store.Now()
	return w.send(ctx, Item{Cursor: at.WithPending(PendingSnapshot), At: now, Resync: reason}) &&
		w.send(ctx, Item{Cursor: at, At: now, Snapshot: true})
}

// send waits for the subscriber. The channel has no buffer: a slow subscriber must not make the server store
// items, since the feed does.
func (w *watcher) send(ctx context.Context, item Item) bool {
	select {
	case w.out <- item:
		return true
	case <-ctx.Done():
		return false
	}
}
