package job

import (
	"context"

	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// listen begins to hear what is told of the job live, as far as it is not heard yet. A bus that does not take
// a subscription is asked again a little later; if it never does, text and end come from the table.
func (w *watcher) listen(ctx context.Context) {
	if err := w.progress.Listen(ctx); err != nil {
		w.deaf(ctx, err)
	}
	if !w.writes {
		return
	}
	if w.text == nil {
		w.text = live.NewTextReader(w.s.bus, w.current.String(), w.notify)
	}
	if err := w.text.Listen(ctx); err != nil {
		w.deaf(ctx, err)
	}
}

func (w *watcher) deaf(ctx context.Context, err error) {
	w.s.log.WarnContext(ctx, "a job cannot be heard live yet", "error", err)
	w.retry.Reset(retryRead)
}

// change follows the job to another run, whose text begins anew.
func (w *watcher) change(ctx context.Context, run oid.Run) {
	if run == w.current || !w.joined {
		return
	}
	w.current = run
	if w.text != nil {
		w.text.Close()
		w.text = nil
	}
	w.listen(ctx)
}

// tellLive tells all text that waits, as one piece, and the newest progress.
func (w *watcher) tellLive(ctx context.Context) error {
	if p, ok := w.progress.Next(); ok && p.Run == w.current.String() {
		if err := w.send(ctx, Event{Cursor: w.reader.Cursor(), At: p.At, Progress: &p}); err != nil {
			return err
		}
	}
	if w.text == nil {
		return nil
	}
	piece, at, err := w.text.Next(ctx)
	if err != nil {
		return err
	}
	return w.sendText(ctx, piece, at)
}

// tellRest tells what is missing of the text before the job's end.
func (w *watcher) tellRest(ctx context.Context) error {
	if w.text == nil {
		return nil
	}
	final, err := w.finalText(ctx)
	if err != nil {
		return err
	}
	piece, at := w.text.Rest(final)
	return w.sendText(ctx, piece, at)
}

func (w *watcher) sendText(ctx context.Context, piece string, at live.Offset) error {
	if piece == "" {
		return nil
	}
	d := &Delta{Run: w.current, Offset: at.UTF16, Text: piece}
	return w.send(ctx, Event{Cursor: w.reader.Cursor(), At: store.Now(), Delta: d})
}
