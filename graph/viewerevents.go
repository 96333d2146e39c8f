package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/internal/feed"
)

// ViewerEvents is the subscription to all of the viewer's events.
func (r *subscriptionResolver) ViewerEvents(ctx context.Context, after *string) (<-chan ViewerEvent, error) {
	p, cursor, err := follower(ctx, after)
	if err != nil {
		return nil, err
	}
	events, err := r.s.Feed.Watch(ctx, p.User, cursor)
	if err != nil {
		return nil, err
	}
	return withQuota(ctx, events, cursor, p.Grant != nil), nil
}

func viewerEvent(e feed.Item) ViewerEvent {
	a := stamp(e.Cursor, e.At)
	switch {
	case e.Resync != "":
		return &Resync{at: a, Reason: e.Resync}
	case e.Snapshot:
		return &ViewerSnapshot{at: a}
	default:
		return durable(a, *e.Event)
	}
}

// withQuota passes the events of a user on and adds a QuotaChanged behind those that change the quota. While more events wait,
// as for a slow reader, one QuotaChanged follows them all: its fields are read at delivery. Until it is sent, the cursors of
// events mark it as pending, so that a reader who returns with one of them receives it. An API key does not receive the
// events of sessions and payments.
func withQuota(ctx context.Context, in <-chan feed.Item, after *feed.Cursor, isKey bool) <-chan ViewerEvent {
	out := make(chan ViewerEvent)
	q := &quotaStream{in: in, out: out, isKey: isKey}
	if after != nil && after.Pending == feed.PendingQuota {
		q.schedule(feed.Item{Cursor: *after, At: time.Now().UTC().Truncate(time.Microsecond)})
	}
	go q.run(ctx)
	return out
}

// quotaStream is one subscription. Only its goroutine uses it.
type quotaStream struct {
	in      <-chan feed.Item
	out     chan<- ViewerEvent
	isKey   bool
	pending *QuotaChanged // has the reader's place; nil when the quota has not changed since the last one
}

func (q *quotaStream) run(ctx context.Context) {
	defer close(q.out)
	for {
		e, more, sent := q.next(ctx)
		if sent {
			q.pending = nil
			continue
		}
		if !more {
			return
		}
		if q.pending != nil || changesQuota(e) {
			q.schedule(e)
		}
		if (!q.isKey || !isOfSessions(e)) && !offer(ctx, q.out, viewerEvent(q.marked(e))) {
			return
		}
	}
}

// schedule places the pending QuotaChanged behind e.
func (q *quotaStream) schedule(e feed.Item) {
	q.pending = &QuotaChanged{at: stamp(e.Cursor.WithPending(""), e.At)}
}

// marked returns e with a cursor that marks a pending QuotaChanged.
func (q *quotaStream) marked(e feed.Item) feed.Item {
	if q.pending != nil && e.Cursor.Pending == "" {
		e.Cursor = e.Cursor.WithPending(feed.PendingQuota)
	}
	return e
}

// next returns the next event. When none waits, it sends the pending QuotaChanged instead. more is false at the end.
func (q *quotaStream) next(ctx context.Context) (e feed.Item, more, sent bool) {
	if q.pending == nil {
		e, more = <-q.in
		return e, more, false
	}
	// A select chooses at random. An event that waits goes first.
	select {
	case e, more = <-q.in:
		return q.atEnd(ctx, e, more)
	default:
	}
	select {
	case e, more = <-q.in:
		return q.atEnd(ctx, e, more)
	case q.out <- q.pending:
		return e, true, true
	case <-ctx.Done():
		return e, false, false
	}
}

// atEnd sends the pending QuotaChanged before the stream ends.
func (q *quotaStream) atEnd(ctx context.Context, e feed.Item, more bool) (feed.Item, bool, bool) {
	if !more {
		offer[ViewerEvent](ctx, q.out, q.pending)
	}
	return e, more, false
}

// changesQuota reports whether an event holds, settles or releases quota, or changes its limit.
func changesQuota(e feed.Item) bool {
	if e.Snapshot {
		return true
	}
	if e.Event == nil {
		return false
	}
	switch e.Event.Type {
	case feed.ReplyEnded, feed.JobEnded:
		return true
	case feed.MessageAdded: // A pending reply holds quota.
		return !e.Event.Facts.Run.IsZero()
	case feed.JobSaved, feed.PaymentSaved, feed.ViewerUpdated:
		return true
	default:
		return false
	}
}

// isOfSessions reports whether an event is for sessions alone.
func isOfSessions(e feed.Item) bool {
	return e.Event != nil && (e.Event.Type == feed.PaymentSaved || e.Event.Type == feed.SessionEnded)
}
