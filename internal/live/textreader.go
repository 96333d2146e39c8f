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
	cancel func() // nil while the bus did not take the subscription
	have   Offset // the end of what was told

	mu      sync.Mutex
	waiting []Delta
	size    int
	reread  bool // what waits has a gap: read the whole text
}

// NewTextReader returns a reader of run's text from its beginning. notify is called when there may be
// more to tell; it must not block.
func NewTextReader(bus Bus, run string, notify func()) *TextReader {
	return &TextReader{bus: bus, run: run, notify: notify, reread: true}
}

// Listen begins to hear the text, unless it is heard. After a failure it may be called again.
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

// Next returns the text behind what was told, as one piece, and where it belongs; "" for none. It comes
// from what waits or, after a gap, from the bus. After an error it is called again.
func (r *TextReader) Next(ctx context.Context) (piece string, at Offset, err error) {
	waiting, reread := r.swap()
	piece, unbroken := r.gathered(waiting)
	if reread || !unbroken {
		text, ok, err := r.bus.Text(ctx, r.run)
		if err != nil {
			r.miss()
			return "", Offset{}, err
		}
		if ok && len(text) >= r.have.Bytes+len(piece) {
			piece = text[r.have.Bytes:]
		}
	}
	piece, at = r.tell(piece)
	return piece, at, nil
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

func (r *TextReader) swap() (waiting []Delta, reread bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting, reread = r.waiting, r.reread
	r.waiting, r.size, r.reread = nil, 0, false
	return waiting, reread
}
