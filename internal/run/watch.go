package run

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Event is what a subscriber of a chat or a job is sent: exactly one of the fields after At is set.
type Event struct {
	Cursor feed.Cursor
	At     time.Time
	// Snapshot says to begin with the object as of now.
	Snapshot bool
	// Resync says why what was sent before does not join what follows; a snapshot follows.
	Resync feed.ResyncReason
	// Feed is a durable event of the object.
	Feed *feed.Event
	// Progress is how far a job is.
	Progress *live.Progress
	// Delta is a piece of the text of a reply or a text job.
	Delta *Delta
}

// Delta is a piece of a run's text; applying it twice changes nothing.
type Delta struct {
	// Message is the reply; zero for a job.
	Message oid.Message
	Run     oid.Run
	// Offset is where Text belongs, in UTF-16 code units.
	Offset int
	Text   string
}

// retryRead is how long a subscription waits before it reads again after a fault.
const retryRead = 500 * time.Millisecond

// ErrOver ends a subscription whose object has nothing more to send.
var ErrOver = errors.New("run: the subscription is over")

// Watched is what a subscription follows: a chat, or a job. The subscription's goroutine alone calls it.
type Watched interface {
	// Concerns reports whether subscribers are sent a feed event. Others are passed over.
	Concerns(e feed.Event) bool
	// FindActive reads what is under way. The feed is read up to a head that is newer, so an end that commits after that is found there.
	FindActive(ctx context.Context) error
	// Join follows what FindActive found. The subscriber has caught up. It returns ErrOver when nothing will follow.
	Join(ctx context.Context) error
	// Before sends what belongs before a feed event. It is called again when it failed.
	Before(ctx context.Context, e feed.Event) error
	// After is called when a feed event was sent. It returns ErrOver after the last.
	After(e feed.Event) error
	// SendLive sends the text and the progress that wait.
	SendLive(ctx context.Context) error
	// Close ends all that the object follows but texts.
	Close()
}

// Subscription is the way of one subscriber through the events of a chat or a job. Its goroutine alone touches it, but
// for Notify.
type Subscription struct {
	// HasEnd says that the object ends, as a job does: its end is pending at a snapshot, and at cursors until it is sent.
	HasEnd bool
	// EndIsPending says that the object's end is still to be sent, though it may stand before the cursor.
	EndIsPending bool
	// IsJoined says that the subscriber has caught up, and follows what is live.
	IsJoined bool
	// FollowStored has the stored text of a run offered while the bus is out of reach; nil where the object does that itself.
	FollowStored func(run oid.Run, offer func(text string)) (leave func())

	feed    *feed.Feed
	bus     live.Bus
	log     *slog.Logger
	watched Watched
	after   *feed.Cursor // what the subscriber came back with; nil for none
	reader  *feed.Reader
	at      feed.Cursor // where the subscriber stands: up to here every event was sent or passed over
	out     chan Event
	pending []feed.Event // taken from the feed, not sent yet
	texts   map[oid.Run]*followedText
	resyncs int
	news    chan struct{} // has a value when text or progress may have more
	retry   *time.Timer   // fires when something is to be read again
}

// Watch follows an object of user until ctx ends, or the object has: a snapshot, or all events behind after, then what
// happens. watch returns what the subscription follows. The channel is unbuffered: while its subscriber does not receive,
// text gathers and is sent as one piece, and of progress the newest is kept.
func (r *Runs[ID, R]) Watch(ctx context.Context, user oid.User, after *feed.Cursor, watch func(s *Subscription) Watched) (<-chan Event, error) {
	reader, err := r.Feed.Open(ctx, user, after)
	var resync *feed.ResyncError
	if err != nil && !errors.As(err, &resync) {
		return nil, err
	}
	s := &Subscription{
		feed: r.Feed, bus: r.Bus, log: r.Log, after: after, reader: reader, at: reader.Cursor(), out: make(chan Event),
		texts: map[oid.Run]*followedText{}, news: make(chan struct{}, 1), retry: stoppedTimer(),
	}
	s.watched = watch(s)
	s.EndIsPending = s.HasEnd && after != nil && after.Pending == feed.PendingEnd
	go s.run(ctx, after.IsFresh(), resync)
	return s.out, nil
}

// run is the subscription's life: begin, catch up, join what is under way, follow.
func (s *Subscription) run(ctx context.Context, isFresh bool, resync *feed.ResyncError) {
	defer close(s.out)
	defer s.reader.Close()
	defer s.watched.Close()
	defer s.leaveTexts()
	defer s.retry.Stop()
	err := s.begin(ctx, isFresh, resync)
	for !errors.Is(err, ErrOver) && ctx.Err() == nil {
		if err != nil {
			s.readAgain(ctx, err)
		}
		err = s.step(ctx)
	}
}

// readAgain has what failed tried once more a little later. A bus out of reach is in the log already.
func (s *Subscription) readAgain(ctx context.Context, err error) {
	level := slog.LevelWarn
	if errs.CodeOf(err) == errs.Unavailable {
		level = slog.LevelDebug
	}
	s.log.Log(ctx, level, "a subscription reads again", "error", err)
	s.retry.Reset(retryRead)
}

func (s *Subscription) begin(ctx context.Context, isFresh bool, resync *feed.ResyncError) error {
	switch {
	case resync != nil:
		if err := s.resync(ctx, resync.Reason); err != nil {
			return err
		}
	case isFresh:
		if err := s.snapshot(ctx); err != nil {
			return err
		}
	}
	return s.join(ctx)
}

// step waits until there may be something to send, and sends it.
func (s *Subscription) step(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.reader.Wake():
	case <-s.news:
	case <-s.retry.C:
	}
	if s.IsJoined {
		if err := s.follow(ctx); err != nil {
			return err
		}
	}
	if !s.IsJoined { // Not yet, or not since a resync.
		return s.join(ctx)
	}
	return s.watched.SendLive(ctx)
}

// join catches up and joins what is under way. What is under way is looked up first and the feed is read up to a head
// that is newer: a text never comes before its start, and the end of what ended meanwhile is found. A resync on the
// way forgets what was looked up, since ends may have been missed.
func (s *Subscription) join(ctx context.Context) error {
	for resyncs := -1; resyncs != s.resyncs; {
		resyncs = s.resyncs
		if err := s.watched.FindActive(ctx); err != nil {
			return err
		}
		if err := s.catchUp(ctx); err != nil {
			return err
		}
	}
	if err := s.watched.Join(ctx); err != nil {
		return err
	}
	s.IsJoined = true
	return s.watched.SendLive(ctx)
}

// catchUp sends the events up to the feed's head of now.
func (s *Subscription) catchUp(ctx context.Context) error {
	head, err := s.feed.Head(ctx, s.User())
	if err != nil {
		return err
	}
	s.reader.Expect(head)
	for s.reader.Cursor().Epoch == head.Epoch && s.reader.Cursor().Seq < head.Seq || len(s.pending) > 0 {
		if err := s.follow(ctx); err != nil {
			return err
		}
	}
	return nil
}

// follow sends the next durable events. What a fault keeps it from sending waits for the next call.
func (s *Subscription) follow(ctx context.Context) error {
	if len(s.pending) == 0 {
		events, err := s.reader.Take(ctx)
		var resync *feed.ResyncError
		if errors.As(err, &resync) {
			return s.resync(ctx, resync.Reason)
		}
		if err != nil {
			return err
		}
		s.pending = events
	}
	for ; len(s.pending) > 0; s.pending = s.pending[1:] {
		e := s.pending[0]
		if !s.watched.Concerns(e) {
			s.at = e.Cursor()
			continue
		}
		if err := s.deliver(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *Subscription) deliver(ctx context.Context, e feed.Event) error {
	if err := s.watched.Before(ctx, e); err != nil {
		return err
	}
	s.at = e.Cursor()
	if err := s.Send(ctx, Event{At: e.At, Feed: &e}); err != nil {
		return err
	}
	return s.watched.After(e)
}

// snapshot has the subscriber begin with the object as of now. If that has ended, its end is still to be sent.
func (s *Subscription) snapshot(ctx context.Context) error {
	s.EndIsPending = s.HasEnd
	return s.Send(ctx, Event{At: store.Now(), Snapshot: true})
}

// resync says that what was sent does not join what follows. Ends may have been missed, so what is under way is looked up again.
func (s *Subscription) resync(ctx context.Context, reason feed.ResyncReason) error {
	s.leaveTexts()
	s.resyncs++
	s.IsJoined, s.EndIsPending, s.at = false, false, s.reader.Cursor().WithPending(feed.PendingSnapshot)
	if err := s.Send(ctx, Event{At: store.Now(), Resync: reason}); err != nil {
		return err
	}
	s.at = s.at.WithPending("")
	return s.snapshot(ctx)
}

// Send hands an event to the subscriber. It alone stamps cursors, with where the subscriber then stands, so that they
// never go back.
func (s *Subscription) Send(ctx context.Context, e Event) error {
	e.Cursor = s.at
	if s.EndIsPending {
		e.Cursor = s.at.WithPending(feed.PendingEnd)
	}
	select {
	case s.out <- e:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// User is the subscriber.
func (s *Subscription) User() oid.User { return s.reader.Cursor().User }

// Notify says that there may be text or progress to send. Any goroutine may call it; it never blocks.
func (s *Subscription) Notify() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// ReadLater has the subscription read again after a while.
func (s *Subscription) ReadLater() { s.retry.Reset(retryRead) }
