package run

import (
	"context"

	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// followedText is the way of a subscription through the live text of one run.
type followedText struct {
	*live.TextReader
	message oid.Message
	run     oid.Run
	isBegun bool   // the run's start was sent: its text may be
	leave   func() // ends FollowStored; nil until the text is listened to
}

func (t *followedText) close() {
	t.Close()
	if t.leave != nil {
		t.leave()
	}
}

func (s *Subscription) newText(run oid.Run, message oid.Message) *followedText {
	return &followedText{TextReader: live.NewTextReader(s.bus, run.String(), s.Notify), message: message, run: run}
}

// Follow has the text of a run sent from now on. isBegun says that the run's start was sent; its text waits for that. It is
// listened to once the subscriber has caught up: most runs of the past have ended.
func (s *Subscription) Follow(run oid.Run, message oid.Message, isBegun bool) {
	t, ok := s.texts[run]
	if !ok {
		t = s.newText(run, message)
		s.texts[run] = t
	}
	t.isBegun = t.isBegun || isBegun
}

// LeaveOthers leaves the texts that runs of the same message wrote before another took it over; of a job, message is zero.
func (s *Subscription) LeaveOthers(run oid.Run, message oid.Message) {
	for other, t := range s.texts {
		if t.message == message && other != run {
			t.close()
			delete(s.texts, other)
		}
	}
}

func (s *Subscription) leaveTexts() {
	for _, t := range s.texts {
		t.close()
	}
	clear(s.texts)
}

// Offer brings the stored text of a run.
func (s *Subscription) Offer(run oid.Run, stored string) {
	if t, ok := s.texts[run]; ok {
		t.TextReader.Offer(stored)
	}
}

// listen begins to listen to a text, unless it is listened to: on the bus and, while that is out of reach, in the row.
func (s *Subscription) listen(ctx context.Context, t *followedText) {
	if err := t.Listen(ctx); err != nil {
		s.log.DebugContext(ctx, "live text cannot be listened to", "run", t.run.String(), "error", err)
		s.ReadLater()
		return
	}
	if t.leave == nil && s.FollowStored != nil { // Also while the bus is in reach: it may go at any time.
		t.leave = s.FollowStored(t.run, t.TextReader.Offer)
	}
}

// SendTexts sends all text that waits, each run's as one piece. Beside an error of the bus, what is known without it was sent.
func (s *Subscription) SendTexts(ctx context.Context) error {
	var unread error
	for _, t := range s.texts {
		s.listen(ctx, t)
		if !t.isBegun {
			continue
		}
		piece, at, err := t.Next(ctx)
		if err != nil { // One text that cannot be read holds up no other; the subscription reads again.
			unread = err
		}
		if err := s.sendText(ctx, t, piece, at); err != nil {
			return err
		}
	}
	return unread
}

// SendRest sends what is missing of a run's final text before e, the run's end, and leaves the run: nothing of it follows its
// end. That is the whole text where the run was not followed. The cursor of the piece says that the text is complete, so a
// subscriber that comes back with it gets the end, and not the text again.
func (s *Subscription) SendRest(ctx context.Context, e feed.Event, message oid.Message, final string) error {
	run := e.Facts.Run
	t, ok := s.texts[run]
	if !ok {
		t = s.newText(run, message)
	}
	t.close() // Before the rest is sent: what a lost run publishes late would come behind it.
	delete(s.texts, run)
	if s.after.HasTextOf(e) {
		return nil
	}
	piece, at := t.Rest(final)
	s.EndIsPending, s.at = false, s.at.WithPending(feed.PendingTextEnd)
	return s.sendText(ctx, t, piece, at)
}

func (s *Subscription) sendText(ctx context.Context, t *followedText, piece string, at live.Offset) error {
	if piece == "" {
		return nil
	}
	return s.Send(ctx, Event{At: store.Now(), Delta: &Delta{Message: t.message, Run: t.run, Offset: at.UTF16, Text: piece}})
}
