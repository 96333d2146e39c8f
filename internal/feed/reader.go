package feed

import (
	"context"
	"fmt"
	"sync"

	"github.com/weav-ai/weav/internal/oid"
)

// maxPending is how many events wait in memory for a slow reader; beyond, they are
// dropped and read from the table when the reader comes round.
const maxPending = 256

// ResyncReason says why a feed cannot go on from a cursor.
type ResyncReason string

// The reasons.
const (
	Expired     ResyncReason = "EXPIRED"
	FeedRebuilt ResyncReason = "FEED_REBUILT"
	AheadOfFeed ResyncReason = "AHEAD_OF_FEED"
)

// ResyncError ends a reader's history: what it was told before no longer joins what follows.
type ResyncError struct {
	Reason ResyncReason
}

// Error is for logs.
func (e *ResyncError) Error() string { return "feed: resync: " + string(e.Reason) }

// Reader is one subscriber's way through a feed: every event behind its cursor, in
// order, once. Wake and Take belong to one goroutine.
type Reader struct {
	feed    *Feed
	user    oid.User
	channel *channel
	wake    chan struct{}

	at Cursor // the last event taken; owned by the goroutine that takes

	mu      sync.Mutex
	pending []Event
	head    int64  // the highest seq heard of
	epoch   string // the epoch last heard of
}

// Open attaches a reader to the person's feed. With after nil it stands at the head. A
// cursor that the feed cannot go on from gives a reader at the head and a *ResyncError
// beside it; any other error gives no reader. The caller closes it.
func (f *Feed) Open(ctx context.Context, user oid.User, after *Cursor) (*Reader, error) {
	r := &Reader{feed: f, user: user, wake: make(chan struct{}, 1)}
	if err := f.attach(ctx, r); err != nil {
		f.detach(r)
		return nil, err
	}
	// Attached first, read second: what commits from here on is either in the row or on its way.
	row, err := f.row(ctx, user)
	if err != nil {
		f.detach(r)
		return nil, err
	}
	r.heard(row.Epoch, row.Seq)
	r.at = Cursor{User: user, Epoch: row.Epoch, Seq: row.Seq}
	if after == nil {
		return r, nil
	}
	if reason := refuse(*after, r.at, row.PrunedSeq); reason != "" {
		return r, &ResyncError{Reason: reason}
	}
	r.at = after.Owing("")
	r.signal()
	return r, nil
}

// refuse tells why a feed cannot go on from a cursor, or "".
func refuse(after, head Cursor, pruned int64) ResyncReason {
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

// Expect tells the reader of a head read elsewhere, so that Take reads up to it.
func (r *Reader) Expect(head Cursor) { r.heard(head.Epoch, head.Seq) }

// Wake has a value when Take may bring something.
func (r *Reader) Wake() <-chan struct{} { return r.wake }

// Take returns the next events, without waiting; none when there are none yet. A
// *ResyncError means that the feed was rebuilt: the reader then stands at the new head.
func (r *Reader) Take(ctx context.Context) ([]Event, error) {
	pending, head, epoch := r.swap()
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
	if head > r.at.Seq {
		r.signal()
	}
	return events, nil
}

// fill reads what is missing from the table.
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

// lost answers for events that are neither on the bus nor in the table: they were purged.
func (r *Reader) lost(ctx context.Context) error {
	if err := r.toHead(ctx); err != nil {
		return err
	}
	return &ResyncError{Reason: Expired}
}

// resync moves the reader to the head of what is now another history.
func (r *Reader) resync(ctx context.Context) error {
	before := r.at
	if err := r.toHead(ctx); err != nil {
		return err
	}
	if before.Epoch == r.at.Epoch && before.Seq <= r.at.Seq {
		r.at = before // A stale notice, not another history.
		r.signal()
		return nil
	}
	if before.Epoch == r.at.Epoch {
		return &ResyncError{Reason: AheadOfFeed}
	}
	return &ResyncError{Reason: FeedRebuilt}
}

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
	r.note(last.Epoch, last.Seq)
	r.mu.Unlock()
	r.signal()
}

// heard takes the feed's head as the table has it; it never blocks.
func (r *Reader) heard(epoch string, seq int64) {
	r.mu.Lock()
	news := epoch != r.epoch || seq != r.head
	if epoch == r.epoch && seq < r.head {
		// Read before the newest publish, or the feed went back: Take decides by the table.
		news = false
	}
	r.note(epoch, seq)
	r.mu.Unlock()
	if news {
		r.signal()
	}
}

func (r *Reader) note(epoch string, seq int64) {
	if epoch != r.epoch {
		r.epoch, r.head = epoch, seq
		return
	}
	r.head = max(r.head, seq)
}

func (r *Reader) swap() (pending []Event, head int64, epoch string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pending, r.pending = r.pending, nil
	return pending, r.head, r.epoch
}

func (r *Reader) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// behind returns the events after seq.
func behind(events []Event, seq int64) []Event {
	for i, e := range events {
		if e.Seq > seq {
			return events[i:]
		}
	}
	return nil
}

func contiguous(events []Event) bool {
	for i := 1; i < len(events); i++ {
		if events[i].Seq != events[i-1].Seq+1 {
			return false
		}
	}
	return true
}
