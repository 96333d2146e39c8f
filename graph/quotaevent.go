package graph

import (
	"context"

	"github.com/weav-ai/weav/internal/feed"
)

// withQuota passes a person's events on, and tells what is left of the quota behind each that changes it. A reader who
// is slow is told once for all that waits meanwhile: what is left is read when the event is delivered. An API key is not told of
// what it may not see.
func withQuota(ctx context.Context, in <-chan feed.Item, isKey bool) <-chan ViewerEvent {
	out := make(chan ViewerEvent)
	go func() {
		defer close(out)
		for e := range in {
			if (!isKey || !isOfSessions(e)) && !offer(ctx, out, viewerEvent(e)) {
				return
			}
			if changesQuota(e) && !offer[ViewerEvent](ctx, out, &QuotaChanged{at: stamp(e.Cursor, e.At)}) {
				return
			}
		}
	}()
	return out
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
