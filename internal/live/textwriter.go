package live

import (
	"context"
	"errors"
	"log/slog"
	"strings"
)

// TextWriter publishes the text of one run as it grows. It belongs to one goroutine.
type TextWriter struct {
	bus       Bus
	run       string
	log       *slog.Logger
	onPublish func(bytes int)

	text      strings.Builder
	end       Offset // of text
	published Offset // the end of what was sent to the bus
	broken    bool   // the bus may lack a part: send the whole text
}

// NewTextWriter returns the writer of a run's text, which is empty. onPublish is called with the size of each
// published piece.
func NewTextWriter(bus Bus, run string, log *slog.Logger, onPublish func(bytes int)) *TextWriter {
	return &TextWriter{bus: bus, run: run, log: log, onPublish: onPublish}
}

// Write adds to the text and publishes nothing.
func (w *TextWriter) Write(delta string) {
	w.text.WriteString(delta)
	w.end = w.end.End(delta)
}

// Pending reports whether something was written since the last Publish, whether or not that succeeded. A
// caller that gathers pieces starts its timer with the first of them.
func (w *TextWriter) Pending() bool { return w.published != w.end }

// Publish sends what the bus does not have yet. After a failure the next call sends the whole text, because
// it is unknown whether the piece was stored. The failure is not returned: the text is also in checkpoints,
// so only time is lost.
func (w *TextWriter) Publish(ctx context.Context) {
	if !w.Pending() && !w.broken {
		return
	}
	var err error
	delta := w.text.String()[w.published.Bytes:]
	if w.broken {
		err = w.bus.Replace(ctx, w.run, w.text.String())
	} else if err = w.bus.Append(ctx, w.run, w.published, delta); errors.Is(err, ErrMismatch) {
		err = w.bus.Replace(ctx, w.run, w.text.String())
	}
	w.broken = err != nil
	w.published = w.end
	if err != nil {
		w.log.DebugContext(ctx, "live text was not published; it will be sent whole", "error", err)
		return
	}
	w.onPublish(len(delta))
}

// String returns the whole text, published or not.
func (w *TextWriter) String() string { return w.text.String() }

// Len returns its length in bytes.
func (w *TextWriter) Len() int { return w.text.Len() }
