package live

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
)

// maxWaiting is how much text, in bytes, waits in memory for a slow reader. Beyond it the text is dropped,
// and the reader reads the whole text from the bus instead.
const maxWaiting = 256 << 10

// TextReader reads the live text of one run from its beginning: every piece in order, once. All methods
// belong to one goroutine; what the bus delivers is taken in concurrently.
type TextReader struct {
	bus    Bus
	run    string
	notify func()
	cancel func() // nil until Listen
	have   Offset // the end of what was returned

	mu      sync.Mutex
	waiting []Delta
	size    int
	reread  bool   // the waiting deltas have a gap: read the whole text
	stored  string // the longest text of the run that was found in the database
}

// NewTextReader returns a reader of run's text from its beginning. notify is called when Next may have more;
// it must not block. The first Next reads the whole text, since the run may have begun before the
// subscription.
func NewTextReader(bus Bus, run string, notify func()) *TextReader {
	return &TextReader{bus: bus, run: run, notify: notify, reread: true}
}

// Listen subscribes to the text, unless it is subscribed already. It fails when ctx ends or the bus is
// closed. The text is read once more after the subscription is confirmed: what was published before that
// moment is not delivered.
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

// Close ends the subscription.
func (r *TextReader) Close() {
	if r.cancel != nil {
		r.cancel()
	}
}

// miss records that messages may have been lost, so that Next reads the whole text.
func (r *TextReader) miss() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reread = true
}

// Offer adds a text of the run that was found in the database, where it is stored from time to time. All
// texts of a run begin alike, so the longest of the delivered, read and offered texts is the current one.
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

// Next returns the text after what was returned before, as one piece, and its offset; "" for none. The piece
// comes from the waiting deltas and the offered text and, after a gap, from the bus. When the bus does not
// answer, Next returns the error together with what is known without the bus. The gap stays recorded, and the
// caller calls Next again.
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
	piece, at = r.advance(r.longer(piece, stored))
	return piece, at, err
}

// longer returns the part of text after what was returned, if it goes further than piece, else piece.
func (r *TextReader) longer(piece, text string) string {
	if len(text) > r.have.Bytes+len(piece) {
		return text[r.have.Bytes:]
	}
	return piece
}

// gathered joins the waiting deltas after what was returned, up to the first gap. Overlap is legal: a whole
// Delta repeats text that is known.
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

// Rest returns what is missing of the final text, which begins with what was returned.
func (r *TextReader) Rest(final string) (piece string, at Offset) {
	return r.advance(final[min(len(final), r.have.Bytes):])
}

// advance moves the end of what was returned behind piece, and returns piece with its offset.
func (r *TextReader) advance(piece string) (reported string, at Offset) {
	at = r.have
	r.have = r.have.End(piece)
	return piece, at
}

// push takes a published delta; it never blocks. A delta that cannot be decoded, or for which there is no
// room, makes the reader read the whole text.
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

// swap takes what waits and leaves nothing.
func (r *TextReader) swap() (waiting []Delta, stored string, reread bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting, stored, reread = r.waiting, r.stored, r.reread
	r.waiting, r.size, r.reread = nil, 0, false
	return waiting, stored, reread
}
