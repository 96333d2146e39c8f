package chat

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// maxWaiting is how much text waits in memory for a slow reader, in bytes; beyond, it is
// dropped and the reader gets the whole text when it comes round.
const maxWaiting = 256 << 10

// textReader is a subscriber's way through one run's live text.
type textReader struct {
	message oid.Message
	run     oid.Run
	cancel  func()      // nil while the bus did not take the subscription
	started bool        // deltas may be told: the reply's start was
	have    live.Offset // the end of what was told

	mu      sync.Mutex
	waiting []live.Delta
	size    int
	reread  bool // what waits has a gap: read the whole text
}

// join begins to hear a run's live text. started says that its start was told.
func (w *watcher) join(ctx context.Context, id oid.Message, run oid.Run, started bool) {
	if t, ok := w.texts[run]; ok {
		t.started = t.started || started
		return
	}
	t := &textReader{message: id, run: run, started: started, reread: true}
	w.texts[run] = t
	w.hear(ctx, t)
}

// hear subscribes to a run's text. A bus that does not take it is asked again a little later; if it never
// does, the text comes with the end, from the table.
func (w *watcher) hear(ctx context.Context, t *textReader) {
	cancel, err := w.s.bus.Subscribe(ctx, live.TextTopic(t.run.String()),
		func(payload []byte) { t.push(payload); w.notify() },
		func() { t.miss(); w.notify() })
	if err != nil {
		w.s.log.WarnContext(ctx, "live text cannot be heard yet", "run", t.run.String(), "error", err)
		w.retry.Reset(retryRead)
		return
	}
	t.cancel = cancel
	t.miss()
	w.notify()
}

// forgetOthers leaves the runs of a reply that another run took over.
func (w *watcher) forgetOthers(id oid.Message, run oid.Run) {
	for other, t := range w.texts {
		if t.message == id && other != run {
			t.leave()
			delete(w.texts, other)
		}
	}
}

func (w *watcher) leaveAll() {
	for _, t := range w.texts {
		t.leave()
	}
}

func (t *textReader) leave() {
	if t.cancel != nil {
		t.cancel()
	}
}

// push takes a published delta; it never blocks.
func (t *textReader) push(payload []byte) {
	var d live.Delta
	err := json.Unmarshal(payload, &d)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil || t.size+len(d.Text) > maxWaiting {
		t.waiting, t.size, t.reread = nil, 0, true
		return
	}
	t.waiting = append(t.waiting, d)
	t.size += len(d.Text)
}

// miss says that deltas may have been lost.
func (t *textReader) miss() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reread = true
}

func (t *textReader) swap() (waiting []live.Delta, reread bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	waiting, reread = t.waiting, t.reread
	t.waiting, t.size, t.reread = nil, 0, false
	return waiting, reread
}

// tellTexts tells all text that waits, each run's as one piece.
func (w *watcher) tellTexts(ctx context.Context) error {
	for _, t := range w.texts {
		if !t.started {
			continue
		}
		piece, err := w.gathered(ctx, t)
		if err != nil {
			t.miss()
			return err
		}
		if err := w.sendText(ctx, t, piece); err != nil {
			return err
		}
	}
	return nil
}

// gathered is the text behind what was told, from what waits or, after a gap, from the bus.
func (w *watcher) gathered(ctx context.Context, t *textReader) (string, error) {
	waiting, reread := t.swap()
	end, piece := t.have.Bytes, ""
	for _, d := range waiting {
		if d.At.Bytes > end {
			reread = true
			break
		}
		if rest := end - d.At.Bytes; rest < len(d.Text) {
			piece += d.Text[rest:]
			end += len(d.Text) - rest
		}
	}
	if !reread {
		return piece, nil
	}
	text, ok, err := w.s.bus.Text(ctx, t.run.String())
	if err != nil || !ok || len(text) < end {
		return piece, err
	}
	return text[t.have.Bytes:], nil
}

func (w *watcher) sendText(ctx context.Context, t *textReader, piece string) error {
	if piece == "" {
		return nil
	}
	d := &Delta{Chat: w.chat, Message: t.message, Run: t.run, Offset: t.have.UTF16, Text: piece}
	t.have = t.have.End(piece)
	return w.send(ctx, Event{Cursor: w.reader.Cursor(), At: store.Now(), Delta: d})
}

// tellRest tells what is missing of a reply's text before its end, then forgets the run.
func (w *watcher) tellRest(ctx context.Context, e feed.Event) error {
	run := e.Facts.Run
	t, ok := w.texts[run]
	if !ok {
		t = &textReader{message: e.Facts.Message, run: run}
	}
	msg, err := w.s.store.Client().Message.Query().Where(message.ID(e.Facts.Message)).
		Select(message.FieldID, message.FieldText).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	t.leave()
	delete(w.texts, run)
	if msg == nil || len(msg.Text) <= t.have.Bytes {
		return nil // Deleted since, or told already: the end is told all the same.
	}
	return w.sendText(ctx, t, msg.Text[t.have.Bytes:])
}
