package ws

import (
	"context"
	"sync"

	"github.com/gorilla/websocket"
)

// pullBelow is how much may be queued for a socket while its operations still produce.
// Little, so that what waits is merged where it comes from; enough for a full batch.
const pullBelow = 16 << 10

// outbox queues the frames of one socket for its writer. Its size counts what the writer
// has taken and not yet written.
type outbox struct {
	limit int
	// wake holds one token while the writer has something to take.
	wake chan struct{}

	mu      sync.Mutex
	queued  *batch
	taken   int
	pong    *string
	changed chan struct{} // closed when the size shrinks; nil while no goroutine waits
	ended   bool
}

func newOutbox(limit int) *outbox {
	return &outbox{limit: limit, wake: make(chan struct{}, 1)}
}

// room waits until the next response may be pulled. It returns false when there is no
// more point: the socket is closing or ctx has ended.
func (o *outbox) room(ctx context.Context) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.await(ctx, func() bool { return o.size() < pullBelow })
}

// put queues one message, given in parts, as soon as it fits. A message larger than the
// limit has the outbox to itself. It returns false if the message will not be sent.
func (o *outbox) put(ctx context.Context, owner *operation, parts ...[]byte) bool {
	size := length(parts)
	o.mu.Lock()
	defer o.mu.Unlock()
	fits := func() bool { return o.size() == 0 || o.size()+size <= o.limit }
	if !o.await(ctx, fits) || owner.silent {
		return false
	}
	o.append(owner, size, parts)
	return true
}

// push queues one short message at once. Its caller has waited for room.
func (o *outbox) push(owner *operation, parts ...[]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.ended {
		o.append(owner, length(parts), parts)
	}
}

// silence takes back what owner has queued and refuses what it may still put.
func (o *outbox) silence(owner *operation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	owner.silent = true
}

// answerPing queues a pong. Only the newest ping is answered, as RFC 6455 (5.5.3) allows,
// so a client that pings and never reads costs nothing.
func (o *outbox) answerPing(payload string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.ended {
		o.pong = &payload
		o.signal()
	}
}

// finish queues last as the end of all frames. What is queued is sent before it if drain
// says so. Only the first call counts.
func (o *outbox) finish(drain bool, last []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return
	}
	o.ended = true
	if !drain && o.queued != nil {
		o.queued.reset()
	}
	o.pong = nil
	if last != nil {
		b := o.open()
		b.bytes = append(b.bytes, last...)
		b.mark(nil)
	}
	o.release()
	o.signal()
}

// take hands the writer all that is queued, nil when that is nothing. last says that no
// more will come. The writer calls sent before it takes again.
func (o *outbox) take() (b *batch, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pong != nil {
		o.open().frame(nil, websocket.PongMessage, []byte(*o.pong))
		o.pong = nil
	}
	b, o.queued = o.queued, nil
	if b == nil {
		return nil, o.ended
	}
	b.dropSilent()
	if o.taken = len(b.bytes); o.taken == 0 {
		b.free()
		o.release()
		return nil, o.ended
	}
	return b, o.ended
}

// sent frees what was taken.
func (o *outbox) sent(b *batch) {
	b.free()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.taken = 0
	o.release()
}

func (o *outbox) size() int {
	if o.queued == nil {
		return o.taken
	}
	return o.taken + len(o.queued.bytes)
}

// await waits, with o.mu held but while it sleeps, until ready returns true.
func (o *outbox) await(ctx context.Context, ready func() bool) bool {
	for !o.ended && !ready() {
		if o.changed == nil {
			o.changed = make(chan struct{})
		}
		changed := o.changed
		o.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		o.mu.Lock()
		if ctx.Err() != nil {
			return false
		}
	}
	return !o.ended
}

func (o *outbox) append(owner *operation, size int, parts [][]byte) {
	b := o.open()
	b.bytes = appendHeader(b.bytes, websocket.TextMessage, size)
	for _, part := range parts {
		b.bytes = append(b.bytes, part...)
	}
	b.mark(owner)
	o.signal()
}

func (o *outbox) open() *batch {
	if o.queued == nil {
		o.queued = newBatch()
	}
	return o.queued
}

func (o *outbox) release() {
	if o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func length(parts [][]byte) int {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	return size
}
