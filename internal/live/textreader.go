package live

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
)

// maxWaiting is how much text waits in memory for a slow reader, in bytes; beyond, it is
// dropped and the reader gets the whole text when it comes round.
const maxWaiting = 256 << 10

// TextReader is a subscriber's way through one run's live text: every piece of it in order, once. All
// methods belong to one goroutine; what the bus delivers is taken in beside it.
type TextReader struct {
	bus    Bus
	run    string
	notify func()
	cancel func() // nil until Listen
	have   Offset // the end of what was told

	mu      sync.Mutex
	waiting []Delta
	size    int
	reread  bool   // what waits has a gap: read the whole text
	stored  string // the longest text of the run that was found in the database
}

// NewTextReader returns a reader of run's text from its beginning. notify is called when there may be
// more to tell; it must not block.
func NewTextReader(bus Bus, run string, notify func()) *TextReader {
	return &TextReader{bus: bus, run: run, notify: notify, reread: true}
}

// Listen begins to hear the text, unless it is heard. It fails when ctx ends or the bus is closed.
func (r *TextReader) Listen(ctx context.Context) error {
	if r.cancel != nil {
		return nil
	}
	cancel, err := r.bus.Subscribe(ctx, TextTopic(r.run),
		func(payload []byte) { r.push(payload); r.notify() },
		func() { r.miss(); r.notify() })
	if err != nil {
		return err
	}
	r.cancel = cancel
	r.miss()
	r.notify()
	return nil
}

// Close ends the listening.
func (r *TextReader) Close() {
	if r.cancel != nil {
		r.cancel()
	}
}

// miss says that something may have been lost: Next reads the whole text.
func (r *TextReader) miss() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reread = true
}

// Offer brings a text of the run that was found in the database, where it is stored from time to time. All texts
// of a run begin alike, so the longest of what is heard, read and offered is the text.
func (r *TextReader) Offer(text string) {
	r.mu.Lock()
	news := len(text) > len(r.stored)
	if news {
		r.stored = text
	}
	r.mu.Unlock()
	if news {
		r.notify()
	}
}

// Next returns the text behind what was told, as one piece, and where it belongs; "" for none. It comes
// from what waits and what was offered and, after a gap, from the bus. Beside an error, which says that the bus did not
// answer, stands what is known without it; then Next is called again.
func (r *TextReader) Next(ctx context.Context) (piece string, at Offset, err error) {
	waiting, stored, reread := r.swap()
	piece, unbroken := r.gathered(waiting)
	if reread || !unbroken {
		text, ok, failure := r.bus.Text(ctx, r.run)
		if err = failure; err != nil {
			r.miss()
		}
		if ok {
			piece = r.longer(piece, text)
		}
	}
	piece, at = r.tell(r.longer(piece, stored))
	return piece, at, err
}

// longer is the piece behind what was told, or text's if that goes further.
func (r *TextReader) longer(piece, text string) string {
	if len(text) > r.have.Bytes+len(piece) {
		return text[r.have.Bytes:]
	}
	return piece
}

// gathered joins what waits behind what was told, up to the first gap, if there is one.
func (r *TextReader) gathered(waiting []Delta) (piece string, unbroken bool) {
	var b strings.Builder
	end := r.have.Bytes
	for _, d := range waiting {
		if d.At.Bytes > end {
			return b.String(), false
		}
		if known := end - d.At.Bytes; known < len(d.Text) {
			b.WriteString(d.Text[known:])
			end += len(d.Text) - known
		}
	}
	return b.String(), true
}

// Rest returns what is missing of the final text, which begins with what was told.
func (r *TextReader) Rest(final string) (piece string, at Offset) {
	return r.tell(final[min(len(final), r.have.Bytes):])
}

// tell moves on behind piece and returns it with its place.
func (r *TextReader) tell(piece string) (told string, at Offset) {
	at = r.have
	r.have = r.have.End(piece)
	return piece, at
}

// push takes a published delta; it never blocks.
func (r *TextReader) push(payload []byte) {
	var d Delta
	err := json.Unmarshal(payload, &d)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || r.size+len(d.Text) > maxWaiting {
		r.waiting, r.size, r.reread = nil, 0, true
		return
	}
	r.waiting = append(r.waiting, d)
	r.size += len(d.Text)
}

func (r *TextReader) swap() (waiting []Delta, stored string, reread bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting, stored, reread = r.waiting, r.stored, r.reread
	r.waiting, r.size, r.reread = nil, 0, false
	return waiting, stored, reread
}
