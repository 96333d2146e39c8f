package chat

import (
	"context"

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
	started bool // deltas may be told: the reply's start was
}

func (w *watcher) newText(id oid.Message, run oid.Run, started bool) *textReader {
	return &textReader{TextReader: live.NewTextReader(w.s.bus, run.String(), w.notify), message: id, run: run, started: started}
}

// join begins to hear a run's live text. started says that its start was told.
func (w *watcher) join(ctx context.Context, id oid.Message, run oid.Run, started bool) {
	if t, ok := w.texts[run]; ok {
		t.started = t.started || started
		return
	}
	t := w.newText(id, run, started)
	w.texts[run] = t
	w.hear(ctx, t)
}

// hear subscribes to a run's text. A bus that does not take it is asked again a little later; if it never
// does, the text comes with the end, from the table.
func (w *watcher) hear(ctx context.Context, t *textReader) {
	if err := t.Listen(ctx); err != nil {
		w.s.log.WarnContext(ctx, "live text cannot be heard yet", "run", t.run.String(), "error", err)
		w.retry.Reset(retryRead)
	}
}

// forgetOthers leaves the runs of a reply that another run took over.
func (w *watcher) forgetOthers(id oid.Message, run oid.Run) {
	for other, t := range w.texts {
		if t.message == id && other != run {
			t.Close()
			delete(w.texts, other)
		}
	}
}

func (w *watcher) leaveAll() {
	for _, t := range w.texts {
		t.Close()
	}
}

// tellTexts tells all text that waits, each run's as one piece.
func (w *watcher) tellTexts(ctx context.Context) error {
	for _, t := range w.texts {
		if !t.started {
			continue
		}
		piece, at, err := t.Next(ctx)
		if err != nil {
			return err
		}
		if err := w.sendText(ctx, t, piece, at); err != nil {
			return err
		}
	}
	return nil
}

func (w *watcher) sendText(ctx context.Context, t *textReader, piece string, at live.Offset) error {
	if piece == "" {
		return nil
	}
	d := &Delta{Chat: w.chat, Message: t.message, Run: t.run, Offset: at.UTF16, Text: piece}
	return w.send(ctx, Event{Cursor: w.reader.Cursor(), At: store.Now(), Delta: d})
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
	t.Close()
	delete(w.texts, run)
	if msg == nil {
		return nil // Deleted since: the end is told all the same.
	}
	piece, at := t.Rest(msg.Text)
	return w.sendText(ctx, t, piece, at)
}
