package chat

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Event is what a subscriber of a chat is told: exactly one of the fields behind At is set.
type Event struct {
	Cursor feed.Cursor
	At     time.Time
	// Snapshot says to begin with the chat as of now.
	Snapshot bool
	// Resync says why what was told before does not join what follows; a snapshot follows.
	Resync feed.ResyncReason
	// Feed is a durable event of the chat.
	Feed *feed.Event
	// Delta is a piece of a reply's text.
	Delta *Delta
}

// Delta is a piece of a reply's text; applying it twice changes nothing.
type Delta struct {
	Chat    oid.Chat
	Message oid.Message
	Run     oid.Run
	// Offset is where Text belongs, in UTF-16 code units.
	Offset int
	Text   string
}

// retryRead is how long a subscriber waits before it reads the table again after a fault.
const retryRead = 500 * time.Millisecond

// Watch follows a chat until ctx ends: a snapshot, or all events of the chat behind
// after, then what happens, with the text of replies while they are written. The channel is
// unbuffered: while nobody receives, text gathers and is told as one piece.
func (s *Service) Watch(ctx context.Context, user oid.User, id string, after *feed.Cursor) (<-chan Event, error) {
	c, err := ownChat(ctx, s.store.Client(), user, id)
	if err != nil {
		return nil, err
	}
	reader, err := s.feed.Open(ctx, user, after)
	var resync *feed.ResyncError
	if err != nil && !errors.As(err, &resync) {
		return nil, err
	}
	w := &watcher{
		s: s, chat: c.ID, reader: reader, told: reader.Cursor(), out: make(chan Event),
		texts: map[oid.Run]*textReader{}, news: make(chan struct{}, 1),
	}
	go w.run(ctx, after.IsFresh(), resync)
	return w.out, nil
}

// watcher is one subscription; its goroutine alone touches it.
type watcher struct {
	s       *Service
	chat    oid.Chat
	reader  *feed.Reader
	told    feed.Cursor // where the subscriber stands: up to here every event of the chat was told
	out     chan Event
	untold  []feed.Event // taken from the feed, not told yet
	texts   map[oid.Run]*textReader
	joined  bool // it has caught up, and follows the texts under way
	resyncs int
	news    chan struct{} // has a value when a text may have more
	retry   *time.Timer   // fires when something is to be tried again
}

// run is the subscription's life: catch up to a fence, join the texts under way, then follow.
func (w *watcher) run(ctx context.Context, fresh bool, resync *feed.ResyncError) {
	defer close(w.out)
	defer w.reader.Close()
	defer w.leaveAll()
	w.retry = time.NewTimer(time.Hour)
	w.retry.Stop()
	defer w.retry.Stop()
	err := w.begin(ctx, fresh, resync)
	for ctx.Err() == nil {
		if err != nil {
			w.again(ctx, err)
		}
		err = w.step(ctx)
	}
}

// again has what failed tried once more a little later. A bus out of reach is in the log already.
func (w *watcher) again(ctx context.Context, err error) {
	level := slog.LevelWarn
	if errs.CodeOf(err) == errs.Unavailable {
		level = slog.LevelDebug
	}
	w.s.log.Log(ctx, level, "a chat subscription reads again", "error", err)
	w.retry.Reset(retryRead)
}

func (w *watcher) step(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.reader.Wake():
	case <-w.news:
	case <-w.retry.C:
	}
	if w.joined {
		if err := w.follow(ctx); err != nil {
			return err
		}
	}
	if !w.joined { // Not yet, or not since a resync.
		return w.join(ctx)
	}
	return w.tellTexts(ctx)
}

// begin tells the subscriber what to begin with.
func (w *watcher) begin(ctx context.Context, fresh bool, resync *feed.ResyncError) error {
	switch {
	case resync != nil:
		if err := w.resync(ctx, resync.Reason); err != nil {
			return err
		}
	case fresh:
		if err := w.send(ctx, Event{At: store.Now(), Snapshot: true}); err != nil {
			return err
		}
	}
	return w.join(ctx)
}

// join catches up and joins the texts under way. Replies under way are looked up first and
// the feed is read up to a head that is newer: a text never comes before its reply's start, and the end of a reply that
// ended meanwhile is found and takes its text away again.
func (w *watcher) join(ctx context.Context) error {
	active, err := w.active(ctx)
	if err != nil {
		return err
	}
	head, err := w.s.feed.Head(ctx, w.reader.Cursor().User)
	if err != nil {
		return err
	}
	for _, m := range active {
		w.add(m.ID, *m.RunID, m.Status == message.StatusStreaming)
	}
	w.reader.Expect(head)
	begun := w.resyncs
	for w.reader.Cursor().Epoch == head.Epoch && w.reader.Cursor().Seq < head.Seq || len(w.untold) > 0 {
		if err := w.follow(ctx); err != nil {
			return err
		}
	}
	if w.resyncs != begun {
		return w.join(ctx)
	}
	w.joined = true
	return w.tellTexts(ctx)
}

func (w *watcher) active(ctx context.Context) ([]*ent.Message, error) {
	return w.s.store.Client().Message.Query().
		Where(message.ChatID(w.chat), message.UserID(w.reader.Cursor().User),
			message.JobIDIsNil(), message.StatusIn(message.StatusPending, message.StatusStreaming)).
		Select(message.FieldID, message.FieldRunID, message.FieldStatus).All(ctx)
}

// follow tells the next durable events. What a fault keeps it from telling waits for the next call.
func (w *watcher) follow(ctx context.Context) error {
	if len(w.untold) == 0 {
		events, err := w.reader.Take(ctx)
		var resync *feed.ResyncError
		if errors.As(err, &resync) {
			return w.resync(ctx, resync.Reason)
		}
		if err != nil {
			return err
		}
		w.untold = events
	}
	for ; len(w.untold) > 0; w.untold = w.untold[1:] {
		e := w.untold[0]
		if e.Facts.Chat != w.chat || !ofChat(e.Type) {
			w.told = e.Cursor()
			continue
		}
		if err := w.tell(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// ofChat tells whether a chat's subscribers hear of events of this type.
func ofChat(t feed.Type) bool {
	switch t {
	case feed.ChatSaved, feed.ChatDeleted, feed.MessageAdded, feed.HeadMoved, feed.ReplyStarted, feed.ReplyEnded:
		return true
	default:
		return false
	}
}

// tell passes a durable event on, and with it what it means for the live text.
func (w *watcher) tell(ctx context.Context, e feed.Event) error {
	switch e.Type {
	case feed.MessageAdded, feed.ReplyStarted:
		w.forgetOthers(e.Facts.Message, e.Facts.Run)
		if !e.Facts.Run.IsZero() {
			w.hear(ctx, w.add(e.Facts.Message, e.Facts.Run, false))
		}
	case feed.ReplyEnded:
		if err := w.tellRest(ctx, e); err != nil {
			return err
		}
	}
	w.told = e.Cursor()
	if err := w.send(ctx, Event{At: e.At, Feed: &e}); err != nil {
		return err
	}
	if t, ok := w.texts[e.Facts.Run]; ok && e.Type == feed.ReplyStarted {
		t.started = true
	}
	return nil
}

// notify makes step look at the texts.
func (w *watcher) notify() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// resync tells that what was told does not join what follows. Of the texts that were followed nobody knows
// whether their ends were missed, so the replies under way are looked up again.
func (w *watcher) resync(ctx context.Context, reason feed.ResyncReason) error {
	w.leaveAll()
	w.resyncs++
	w.joined, w.told = false, w.reader.Cursor().Owing(feed.OwedSnapshot)
	at := store.Now()
	if err := w.send(ctx, Event{At: at, Resync: reason}); err != nil {
		return err
	}
	w.told = w.told.Owing("")
	return w.send(ctx, Event{At: at, Snapshot: true})
}

// send hands an event to the subscriber. It alone stamps cursors, with where the subscriber then stands, so they
// never go back.
func (w *watcher) send(ctx context.Context, e Event) error {
	e.Cursor = w.told
	select {
	case w.out <- e:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
