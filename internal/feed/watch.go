package feed

import (
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Item is what a subscriber of a feed is told: exactly one of the fields behind At is set.
type Item struct {
	Cursor Cursor
	At     time.Time
	// Snapshot says to begin with the account as of now.
	Snapshot bool
	// Resync says why what was told before does not join what follows; a snapshot follows.
	Resync ResyncReason
	// Event is a durable event.
	Event *Event
}

// retryRead is how long a subscriber waits before it reads the table again after a fault.
const retryRead = 500 * time.Millisecond

// Watch follows a feed until ctx ends: a snapshot, or all events behind after, then what happens.
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

// watcher is one subscription; its goroutine alone touches it.
type watcher struct {
	feed   *Feed
	reader *Reader
	out    chan Item
}

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

func (w *watcher) resync(ctx context.Context, reason ResyncReason) bool {
	at, now := w.reader.Cursor(), store.Now()
	return w.send(ctx, Item{Cursor: at.Owing(OwedSnapshot), At: now, Resync: reason}) &&
		w.send(ctx, Item{Cursor: at, At: now, Snapshot: true})
}

func (w *watcher) send(ctx context.Context, item Item) bool {
	select {
	case w.out <- item:
		return true
	case <-ctx.Done():
		return false
	}
}
