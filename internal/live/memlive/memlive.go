// Package memlive is a bus within one process, for the embedded mode and for tests.
package memlive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/weav-ai/weav/internal/live"
)

// errClosed is what a closed bus answers.
var errClosed = errors.New("memlive: closed")

// Bus is the bus. Publishing calls the subscribers in the publisher's goroutine: they must
// not block, as the port demands of them.
type Bus struct {
	fanout live.Fanout
	ttl    time.Duration

	mu     sync.Mutex
	texts  map[string]*text
	closed bool
}

// text is the live text of a run. Its lock makes storing and publishing one step.
type text struct {
	mu      sync.Mutex
	value   []byte
	expires time.Time
}

var _ live.Bus = (*Bus)(nil)

// Option changes a bus.
type Option func(*Bus)

// WithTextTTL sets how long live text is kept behind its last change.
func WithTextTTL(d time.Duration) Option { return func(b *Bus) { b.ttl = d } }

// New returns an empty bus.
func New(opts ...Option) *Bus {
	b := &Bus{ttl: live.TextTTL, texts: map[string]*text{}}
	for _, opt := range opts {
		opt(b)
	}
	return b
}

// Publish implements live.Bus.
func (b *Bus) Publish(_ context.Context, topic string, payload []byte) error {
	if b.isClosed() {
		return errClosed
	}
	b.fanout.Deliver(topic, payload)
	return nil
}

// Subscribe implements live.Bus. Nothing is ever lost within a process.
func (b *Bus) Subscribe(_ context.Context, topic string, deliver func([]byte), lost func()) (func(), error) {
	if b.isClosed() {
		return nil, errClosed
	}
	_, remove := b.fanout.Add(topic, deliver, lost)
	return func() { remove() }, nil
}

// Append implements live.Bus.
func (b *Bus) Append(_ context.Context, run string, at live.Offset, delta string) error {
	return b.write(run, live.Delta{Run: run, At: at, Text: delta}, func(t *text) error {
		if at.Bytes == 0 {
			t.value = t.value[:0]
		}
		if len(t.value) != at.Bytes {
			return live.ErrMismatch
		}
		t.value = append(t.value, delta...)
		return nil
	})
}

// Replace implements live.Bus.
func (b *Bus) Replace(_ context.Context, run string, whole string) error {
	return b.write(run, live.Delta{Run: run, Text: whole, Whole: true}, func(t *text) error {
		t.value = append(t.value[:0], whole...)
		return nil
	})
}

// write changes a text and publishes the change as one step.
func (b *Bus) write(run string, d live.Delta, change func(*text) error) error {
	payload, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("memlive: %w", err)
	}
	t, err := b.text(run)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := change(t); err != nil {
		return err
	}
	t.expires = time.Now().Add(b.ttl)
	b.fanout.Deliver(live.TextTopic(run), payload)
	return nil
}

// text returns the text of a run, made when there is none; what has expired is dropped on the way.
func (b *Bus) text(run string) (*text, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed
	}
	t, ok := b.texts[run]
	if !ok {
		b.sweep()
		t = &text{expires: time.Now().Add(b.ttl)}
		b.texts[run] = t
	}
	return t, nil
}

func (b *Bus) sweep() {
	now := time.Now()
	for run, t := range b.texts {
		// A text in use is not expired; do not wait for its writer.
		if t.mu.TryLock() {
			if now.After(t.expires) {
				delete(b.texts, run)
			}
			t.mu.Unlock()
		}
	}
}

// Text implements live.Bus.
func (b *Bus) Text(_ context.Context, run string) (string, bool, error) {
	b.mu.Lock()
	t, ok := b.texts[run]
	closed := b.closed
	b.mu.Unlock()
	if closed {
		return "", false, errClosed
	}
	if !ok {
		return "", false, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Now().After(t.expires) {
		return "", false, nil
	}
	return string(t.value), true, nil
}

// Ping implements live.Bus.
func (b *Bus) Ping(context.Context) error {
	if b.isClosed() {
		return errClosed
	}
	return nil
}

// Close implements live.Bus.
func (b *Bus) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return nil
}

func (b *Bus) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}
