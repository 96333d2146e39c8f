package feed

import (
	"context"
	"fmt"
	"sync"

	"github.com/weav-ai/weav/internal/oid"
)

// maxPending is how many events wait in memory for a slow reader. Beyond it they are dropped and the reader
// reads them from the table.
const maxPending = 256

// ResyncReason is why a feed cannot continue from a cursor.
type ResyncReason string

// The reasons.
const (
	Expired     ResyncReason = "EXPIRED"
	FeedRebuilt ResyncReason = "FEED_REBUILT"
	AheadOfFeed ResyncReason = "AHEAD_OF_FEED"
)

// ResyncError means that the events a reader got before are not joined by the following ones.
type ResyncError struct {
	Reason ResyncReason
}

// Error is for logs.
func (e *ResyncError) Error() string { return "feed: resync: " + string(e.Reason) }

// Reader reads a feed for one subscriber: every event after its cursor, in order, once. Wake and Take belong
// to one goroutine.
type Reader struct {
	feed    *Feed
	user    oid.User
	channel *channel
	wake    chan struct{}

	at Cursor // the last event taken; owned by the goroutine that calls Take

	mu      sync.Mutex
	pending []Event
	head    int64  // the highest seq that is known
	epoch   string // the epoch of head
}

// Open attaches a reader to the user's feed. With after nil it starts at the head. A cursor from which the
// feed cannot continue gives a reader at the head together with a *ResyncError; any other error gives no
// reader. The caller closes the reader.
func (f *Feed) Open(ctx context.Context, user oid.User, after *Cursor) (*Reader, error) {
	r := &Reader{feed: f, user: user, wake: make(chan struct{}, 1)}
	if err := f.attach(ctx, r); err != nil {
		f.detach(r)
		return nil, err
	}
	// Attach before reading the row: an event that commits now is either in the row or delivered.
	row, err := f.row(ctx, user)
	if err != nil {
		f.detach(r)
		return nil, err
	}
	r.noteHead(row.Epoch, row.Seq)
	r.at = Cursor{User: user, Epoch: row.Epoch, Seq: row.Seq}
	if after == nil {
		return r, nil
	}
	if reason := resyncReason(*after, r.at, row.PrunedSeq); reason != "" {
		return r, &ResyncError{Reason: reason}
	}
	r.at = after.WithPending("")
	r.signal()
	return r, nil
}

// resyncReason returns why a feed cannot continue from a cursor, or "". The epoch is compared first, since
// seqs of different epochs are not comparable.
func resyncReason(after, head Cursor, pruned int64) ResyncReason {
	switch {
	case after.Epoch != head.Epoch:
		return FeedRebuilt
	case after.Seq > head.Seq:
		return AheadOfFeed
	case after.Seq < pruned:
		return Expired
	default:
		return ""
	}
}

// Close detaches the reader.
func (r *Reader) Close() { r.feed.detach(r) }

// Cursor returns the place of the last event taken.
func (r *Reader) Cursor() Cursor { return r.at }

// Expect passes a head that was read elsewhere, so that Take reads up to it.
func (r *Reader) Expect(head Cursor) { r.noteHead(head.Epoch, head.Seq) }

// Wake receives a value when Take may return something.
func (r *Reader) Wake() <-chan struct{} { return r.wake }

// Take returns the next events without waiting; none when there are none yet. A *ResyncError means that the
// feed was rebuilt: the reader then stands at the new head. Delivered events are used only when they follow
// the last one without a gap; everything else is read from the table.
func (r *Reader) Take(ctx context.Context) ([]Event, error) {
	pending, head, epoch := r.swap()
	// Another epoch, or a head before this place: the feed was rebuilt, or the row was read by a stale
	// replica.
	if epoch != r.at.Epoch || head < r.at.Seq {
		return nil, r.resync(ctx)
	}
	events := behind(pending, r.at.Seq)
	if len(events) == 0 && head == r.at.Seq {
		return nil, nil
	}
	if len(events) == 0 || events[0].Seq != r.at.Seq+1 || !contiguous(events) {
		return r.fill(ctx, head)
	}
	r.at.Seq = events[len(events)-1].Seq
	// The table is read page by page: signal for the next one.
	if head > r.at.Seq {
		r.signal()
	}
	return events, nil
}

// fill reads the missing events from the table. A head beyond what the table has means that events were
// purged.
func (r *Reader) fill(ctx context.Context, head int64) ([]Event, error) {
	events, err := r.feed.read(ctx, r.user, r.at.Epoch, r.at.Seq)
	if err != nil {
		r.signal()
		return nil, err
	}
	if len(events) > 0 && events[0].Seq != r.at.Seq+1 || len(events) == 0 && head > r.at.Seq {
		return nil, r.lost(ctx)
	}
	if len(events) > 0 {
		r.at.Seq = events[len(events)-1].Seq
	}
	if head > r.at.Seq {
		r.signal()
	}
	return events, nil
}

// lost handles events that are neither delivered nor in the table: they were purged.
func (r *Reader) lost(ctx context.Context) error {
	if err := r.toHead(ctx); err != nil {
		return err
	}
	return &ResyncError{Reason: Expired}
}

// resync moves the reader to the head of a feed that was rebuilt or restored.
func (r *Reader) resync(ctx context.Context) error {
	before := r.at
	if err := r.toHead(ctx); err != nil {
		return err
	}
	if before.Epoch == r.at.Epoch && before.Seq <= r.at.Seq {
		r.at = before // A stale message, not another epoch.
		r.signal()
		return nil
	}
	if before.Epoch == r.at.Epoch {
		return &ResyncError{Reason: AheadOfFeed}
	}
	return &ResyncError{Reason: FeedRebuilt}
}

// toHead moves the reader to the head of the row. On an error it signals, so that the caller tries again.
func (r *Reader) toHead(ctx context.Context) error {
	row, err := r.feed.row(ctx, r.user)
	if err != nil {
		r.signal()
		return fmt.Errorf("feed: resync: %w", err)
	}
	r.at = Cursor{User: r.user, Epoch: row.Epoch, Seq: row.Seq}
	r.mu.Lock()
	r.pending, r.head, r.epoch = nil, row.Seq, row.Epoch
	r.mu.Unlock()
	return nil
}

// push takes published events; it never blocks.
func (r *Reader) push(events []Event) {
	r.mu.Lock()
	if len(r.pending)+len(events) > maxPending {
		r.pending = nil
	} else {
		r.pending = append(r.pending, events...)
	}
	last := events[len(events)-1]
	r.raiseHead(last.Epoch, last.Seq)
	r.mu.Unlock()
	r.signal()
}

// noteHead takes the head that was read from the table; it never blocks.
func (r *Reader) noteHead(epoch string, seq int64) {
	r.mu.Lock()
	news := epoch != r.epoch || seq != r.head
	if epoch == r.epoch && seq < r.head {
		// The row was read before the newest publish, or the feed was restored: Take decides by the table.
		news = false
	}
	r.raiseHead(epoch, seq)
	r.mu.Unlock()
	if news {
		r.signal()
	}
}

// raiseHead records a head. Within an epoch it never falls; another epoch replaces it.
func (r *Reader) raiseHead(epoch string, seq int64) {
	if epoch != r.epoch {
		r.epoch, r.head = epoch, seq
		return
	}
	r.head = max(r.head, seq)
}

// swap takes the waiting events together with the head that they were delivered under.
func (r *Reader) swap() (pending []Event, head int64, epoch string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pending, r.pending = r.pending, nil
	return pending, r.head, r.epoch
}

// signal makes Wake ready. One value is enough for any number of signals.
func (r *Reader) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// behind returns the events after seq. Earlier ones were delivered twice: by the bus and by the table.
func behind(events []Event, seq int64) []Event {
	for i, e := range events {
		if e.Seq > seq {
			return events[i:]
		}
	}
	return nil
}

// contiguous reports whether no seq is missing between events.
func contiguous(events []Event) bool {
	for i := 1; i < len(events); i++ {
		if events[i].Seq != events[i-1].Seq+1 {
			return false
		}
	}
	return true
}
