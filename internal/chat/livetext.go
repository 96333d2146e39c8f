package chat

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// textReader is a subscriber's way through the live text of one run of a reply.
type textReader struct {
	*live.TextReader
	message oid.Message
	run     oid.Run
	started bool   // deltas may be told: the reply's start was
	leave   func() // ends the look-ups; nil until it is heard
}

func (w *watcher) newText(id oid.Message, run oid.Run, started bool) *textReader {
	return &textReader{TextReader: live.NewTextReader(w.s.bus, run.String(), w.notify), message: id, run: run, started: started}
}

// close ends the listening.
func (t *textReader) close() {
	t.Close()
	if t.leave != nil {
		t.leave()
	}
}

// add takes a run's text among those that are followed. started says that its start was told.
func (w *watcher) add(id oid.Message, run oid.Run, started bool) *textReader {
	t, ok := w.texts[run]
	if !ok {
		t = w.newText(id, run, false)
		w.texts[run] = t
	}
	t.started = t.started || started
	return t
}

// hear begins to hear a run's text, from the bus and, while that is out of reach, from the message's row. Until the
// subscriber has caught up it does nothing: most runs of the past have ended.
func (w *watcher) hear(ctx context.Context, t *textReader) {
	if !w.joined || t.leave != nil {
		return
	}
	if err := t.Listen(ctx); err != nil {
		w.s.log.DebugContext(ctx, "live text cannot be heard", "run", t.run.String(), "error", err)
		w.retry.Reset(retryRead)
		return
	}
	t.leave = w.s.texts.Follow(t.run, t.Offer)
}

// forgetOthers leaves the runs of a reply that another run took over.
func (w *watcher) forgetOthers(id oid.Message, run oid.Run) {
	for other, t := range w.texts {
		if t.message == id && other != run {
			t.close()
			delete(w.texts, other)
		}
	}
}

func (w *watcher) leaveAll() {
	for _, t := range w.texts {
		t.close()
	}
	clear(w.texts)
}

// tellTexts tells all text that waits, each run's as one piece.
func (w *watcher) tellTexts(ctx context.Context) error {
	var unread error
	for _, t := range w.texts {
		w.hear(ctx, t)
		if !t.started {
			continue
		}
		piece, at, err := t.Next(ctx)
		if err != nil {
			unread = err // The bus did not answer; what is known without it is told.
		}
		if err := w.sendText(ctx, t, piece, at); err != nil {
			return err
		}
	}
	return unread
}

func (w *watcher) sendText(ctx context.Context, t *textReader, piece string, at live.Offset) error {
	if piece == "" {
		return nil
	}
	d := &Delta{Chat: w.chat, Message: t.message, Run: t.run, Offset: at.UTF16, Text: piece}
	return w.send(ctx, Event{At: store.Now(), Delta: d})
}

// tellRest tells what is missing of a reply's text before its end, then forgets the run.
func (w *watcher) tellRest(ctx context.Context, e feed.Event) error {
	run := e.Facts.Run
	t, ok := w.texts[run]
	if !ok {
		t = w.newText(e.Facts.Message, run, true)
	}
	msg, err := w.s.store.Client().Message.Query().Where(message.ID(e.Facts.Message)).
		Select(message.FieldID, message.FieldText).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	t.close()
	delete(w.texts, run)
	if msg == nil {
		return nil // Deleted since: the end is told all the same.
	}
	piece, at := t.Rest(msg.Text)
	return w.sendText(ctx, t, piece, at)
}

// storedTexts reads what the rows have of the texts of running replies.
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
