package chat

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
)

// Event is what a subscriber of a chat is sent.
type Event = run.Event

// Delta is a piece of the text of one of its replies.
type Delta = run.Delta

// Watch follows a chat until ctx ends: a snapshot, or all events of the chat behind after, then what happens, with the text
// of replies while they are written. The channel is unbuffered, see [run.Runs.Watch].
func (s *Service) Watch(ctx context.Context, user oid.User, id string, after *feed.Cursor) (<-chan Event, error) {
	c, err := ownChat(ctx, s.store.Client(), user, id)
	if err != nil {
		return nil, err
	}
	return s.runs.Watch(ctx, user, after, func(sub *run.Subscription) run.Watched {
		sub.FollowStored = func(run oid.Run, offer func(string)) func() { return s.texts.Follow(run, offer) }
		return &watcher{Subscription: sub, s: s, chat: c.ID}
	})
}

// watcher follows one chat for a subscription. A chat has no end: its events go on when it is deleted and restored.
type watcher struct {
	*run.Subscription
	s    *Service
	chat oid.Chat
}

// Concerns implements [run.Watched].
func (w *watcher) Concerns(e feed.Event) bool {
	if e.Facts.Chat != w.chat {
		return false
	}
	switch e.Type {
	case feed.ChatSaved, feed.ChatDeleted, feed.MessageAdded, feed.HeadMoved, feed.ReplyStarted, feed.ReplyEnded:
		return true
	default:
		return false
	}
}

// FindActive implements [run.Watched]. It follows the replies under way at once: the end of one that ends before the feed is
// read takes its text away again.
func (w *watcher) FindActive(ctx context.Context) error {
	active, err := w.s.store.Client().Message.Query().
		Where(message.ChatID(w.chat), message.UserID(w.User()), message.JobIDIsNil(), unfinished()).
		Select(message.FieldID, message.FieldRunID, message.FieldStatus).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range active {
		w.Follow(*m.RunID, m.ID, m.Status == message.StatusStreaming)
	}
	return nil
}

// Join implements [run.Watched]. What FindActive found is followed already.
func (*watcher) Join(context.Context) error { return nil }

// Before implements [run.Watched]. A reply's text is whole before its end is sent.
func (w *watcher) Before(ctx context.Context, e feed.Event) error {
	switch e.Type {
	case feed.MessageAdded, feed.ReplyStarted:
		w.LeaveOthers(e.Facts.Run, e.Facts.Message)
		if !e.Facts.Run.IsZero() {
			w.Follow(e.Facts.Run, e.Facts.Message, false)
		}
	case feed.ReplyEnded:
		final, err := w.finalText(ctx, e.Facts.Message)
		if err != nil {
			return err
		}
		return w.SendRest(ctx, e, e.Facts.Message, final)
	}
	return nil
}

// After implements [run.Watched]. A reply's text follows its start.
func (w *watcher) After(e feed.Event) error {
	if e.Type == feed.ReplyStarted {
		w.Follow(e.Facts.Run, e.Facts.Message, true)
	}
	return nil
}

// SendLive implements [run.Watched].
func (w *watcher) SendLive(ctx context.Context) error { return w.SendTexts(ctx) }

// Close implements [run.Watched].
func (*watcher) Close() {}

// finalText is a reply's text as its row has it; empty when it was deleted since: its end is sent all the same.
func (w *watcher) finalText(ctx context.Context, id oid.Message) (string, error) {
	msg, err := w.s.store.Client().Message.Query().Where(message.ID(id)).Select(message.FieldID, message.FieldText).Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return msg.Text, nil
}

// storedTexts reads the stored texts of running replies.
func (s *Service) storedTexts(ctx context.Context, runs []oid.Run) (map[oid.Run]string, error) {
	rows, err := s.store.Client().Message.Query().
		Where(message.RunIDIn(runs...), message.StatusEQ(message.StatusStreaming)).
		Select(message.FieldID, message.FieldRunID, message.FieldText).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: stored texts: %w", err)
	}
	texts := make(map[oid.Run]string, len(rows))
	for _, m := range rows {
		texts[*m.RunID] = m.Text
	}
	return texts, nil
}

// Run serves subscriptions until ctx ends: while the bus is out of reach they follow the rows.
func (s *Service) Run(ctx context.Context) { s.texts.Run(ctx) }
