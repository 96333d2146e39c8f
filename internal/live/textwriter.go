package live

import (
	"context"
	"errors"
	"log/slog"
	"strings"
)

// TextWriter publishes the text of one run as it grows. It belongs to one goroutine.
type TextWriter struct {
	bus  Bus
	run  string
	log  *slog.Logger
	told func(bytes int)

	text      strings.Builder
	end       Offset // of text
	published Offset // what the bus was given
	broken    bool   // the bus may not have it: send the whole text again
}

// NewTextWriter returns the writer of a run's text, which is empty. told hears of each piece that was published.
func NewTextWriter(bus Bus, run string, log *slog.Logger, told func(bytes int)) *TextWriter {
	return &TextWriter{bus: bus, run: run, log: log, told: told}
}

// Write adds to the text, and publishes nothing.
func (w *TextWriter) Write(delta string) {
	w.text.WriteString(delta)
	w.end = w.end.End(delta)
}

// Pending tells whether something was written since the last Publish, whatever became of that: a caller
// that gathers pieces begins to wait with the first of them.
func (w *TextWriter) Pending() bool { return w.published != w.end }

// Publish sends what the bus does not have yet. A failure costs nothing but time: the next
// call sends the whole text again.
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
	w.told(len(delta))
}

// String is the whole text, published or not.
func (w *TextWriter) String() string { return w.text.String() }

// Len is its length in bytes.
func (w *TextWriter) Len() int { return w.text.Len() }
