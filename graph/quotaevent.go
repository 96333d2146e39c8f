package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/internal/feed"
)

// withQuota passes a person's events on, and tells what is left of the quota behind those that change it. While more events
// wait, as for a reader who is slow, it is told once behind them all: what is left is read when that is delivered. Until it
// is told, the cursors of events say that it is owed, so that a reader who comes back with one gets it. An API
// key is not told of what it may not see.
func withQuota(ctx context.Context, in <-chan feed.Item, after *feed.Cursor, isKey bool) <-chan ViewerEvent {
	out := make(chan ViewerEvent)
	q := &quotaTeller{in: in, out: out, isKey: isKey}
	if after != nil && after.Owed == feed.OwedQuota {
		q.owe(feed.Item{Cursor: *after, At: time.Now().UTC().Truncate(time.Microsecond)})
	}
	go q.run(ctx)
	return out
}

// quotaTeller is one subscription; its goroutine alone touches it.
type quotaTeller struct {
	in    <-chan feed.Item
	out   chan<- ViewerEvent
	isKey bool
	owed  *QuotaChanged // stands where the reader does; nil when nothing changed since it was told
}

func (q *quotaTeller) run(ctx context.Context) {
	defer close(q.out)
	for {
		e, more, told := q.next(ctx)
		if told {
			q.owed = nil
			continue
		}
		if !more {
			return
		}
		if q.owed != nil || changesQuota(e) {
			q.owe(e)
		}
		if (!q.isKey || !isOfSessions(e)) && !offer(ctx, q.out, viewerEvent(q.marked(e))) {
			return
		}
	}
}

// owe has the quota told behind e, or behind what comes before it can be.
func (q *quotaTeller) owe(e feed.Item) {
	q.owed = &QuotaChanged{at: stamp(e.Cursor.Owing(""), e.At)}
}

// marked is e with a cursor that says whether the quota is owed behind it.
func (q *quotaTeller) marked(e feed.Item) feed.Item {
	if q.owed != nil && e.Cursor.Owed == "" {
		e.Cursor = e.Cursor.Owing(feed.OwedQuota)
	}
	return e
}

// next is the next event, or tells what is owed when none waits; more is false at the end.
func (q *quotaTeller) next(ctx context.Context) (e feed.Item, more, told bool) {
	if q.owed == nil {
		e, more = <-q.in
		return e, more, false
	}
	select {
	case e, more = <-q.in:
		return q.owing(ctx, e, more)
	default:
	}
	select {
	case e, more = <-q.in:
		return q.owing(ctx, e, more)
	case q.out <- q.owed:
		return e, true, true
	case <-ctx.Done():
		return e, false, false
	}
}

// owing tells what is owed before the end, if that is what comes.
func (q *quotaTeller) owing(ctx context.Context, e feed.Item, more bool) (feed.Item, bool, bool) {
	if !more {
		offer[ViewerEvent](ctx, q.out, q.owed)
	}
	return e, more, false
}

// offer hands an event to the reader; false when there is none any more.
func offer[T any](ctx context.Context, out chan<- T, e T) bool {
	select {
	case out <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

// changesQuota says whether an event is of something that holds, uses or gives back quota, or that changes how much there is.
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
	case feed.MessageAdded: // A reply that is to be written holds.
		return !e.Event.Facts.Run.IsZero()
	case feed.JobSaved, feed.PaymentSaved, feed.ViewerUpdated:
		return true
	default:
		return false
	}
}

// isOfSessions says whether an event is of what only sessions see.
func isOfSessions(e feed.Item) bool {
	return e.Event != nil && (e.Event.Type == feed.PaymentSaved || e.Event.Type == feed.SessionEnded)
}
