package graph

import (
	"context"

	"github.com/weav-ai/weav/internal/feed"
)

// withQuota passes a person's events on, and tells what is left of the quota behind those that change it. While more events
// wait, as for a reader who is slow, it is told once behind them all: what is left is read when that is delivered. An API
// key is not told of what it may not see.
func withQuota(ctx context.Context, in <-chan feed.Item, isKey bool) <-chan ViewerEvent {
	out := make(chan ViewerEvent)
	go func() {
		defer close(out)
		var owed *QuotaChanged
		for {
			e, more, told := nextOf(ctx, in, out, owed)
			switch {
			case told:
				owed = nil
				continue
			case !more, (!isKey || !isOfSessions(e)) && !offer(ctx, out, viewerEvent(e)):
				return
			case changesQuota(e):
				owed = &QuotaChanged{at: stamp(e.Cursor, e.At)}
			}
		}
	}()
	return out
}

// nextOf is the next event, or tells what is owed when none waits; more is false at the end.
func nextOf(ctx context.Context, in <-chan feed.Item, out chan<- ViewerEvent, owed *QuotaChanged) (e feed.Item, more, told bool) {
	if owed == nil {
		e, more = <-in
		return e, more, false
	}
	select {
	case e, more = <-in:
		return owing(ctx, e, more, out, owed)
	default:
	}
	select {
	case e, more = <-in:
		return owing(ctx, e, more, out, owed)
	case out <- owed:
		return e, true, true
	case <-ctx.Done():
		return e, false, false
	}
}

// owing tells what is owed before the end, if that is what comes.
func owing(ctx context.Context, e feed.Item, more bool, out chan<- ViewerEvent, owed *QuotaChanged) (feed.Item, bool, bool) {
	if !more {
		offer[ViewerEvent](ctx, out, owed)
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
