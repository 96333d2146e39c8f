// Package memlive is a bus within one process, for the embedded mode and for tests.
package memlive

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/weav-ai/weav/internal/live"
)

// errClosed is the error of every method of a closed bus.
var errClosed = errors.New("memlive: closed")

// Bus implements live.Bus. Messages are delivered in a goroutine of its own, which runs only while there are
// some.
type Bus struct {
	fanout live.Fanout
	ttl    time.Duration
	work   sync.WaitGroup // the delivering goroutine

	mu         sync.Mutex // makes storing a text and queueing its delta one step
	closed     bool
	texts      map[string]*text
	waiting    []message
	overflowed bool // messages were dropped since the last batch
	delivering bool
}

var _ live.Bus = (*Bus)(nil)

// Option changes a bus.
type Option func(*Bus)

// WithTextTTL sets how long live text is stored after its last change; default live.TextTTL.
func WithTextTTL(d time.Duration) Option { return func(b *Bus) { b.ttl = d } }

// New returns an empty bus.
func New(opts ...Option) *Bus {
	b := &Bus{ttl: live.TextTTL, texts: map[string]*text{}}
	for _, opt := range opts {
		opt(b)
	}
	return b
}

// Publish implements live.Bus. The payload is copied, because the caller may reuse it before it is delivered.
func (b *Bus) Publish(_ context.Context, topic string, payload []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	b.send(topic, bytes.Clone(payload))
	return nil
}

// Subscribe implements live.Bus. lost is called only when so many messages wait that they are dropped.
func (b *Bus) Subscribe(_ context.Context, topic string, deliver func([]byte), lost func()) (func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed
	}
	return b.fanout.Add(topic, deliver, lost), nil
}

// Ping implements live.Bus.
func (b *Bus) Ping(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	return nil
}

// Reachable implements live.Bus: within one process the bus is always reachable.
func (b *Bus) Reachable() bool { return true }

// Close implements live.Bus. Messages that wait are dropped. It waits for the delivering goroutine without
// the lock, which that goroutine needs to end.
func (b *Bus) Close() error {
	b.mu.Lock()
	b.closed = true
	b.waiting, b.overflowed = nil, false
	for run, t := range b.texts {
		t.expire.Stop()
		delete(b.texts, run)
	}
	b.mu.Unlock()
	// Without the lock, which the delivering goroutine needs to end.
	b.work.Wait()
	return nil
}
