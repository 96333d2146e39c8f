package memlive

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/internal/live"
)

// text is the live text of a run. The bus removes it when expire fires.
type text struct {
	value  []byte
	until  time.Time
	expire *time.Timer
}

// Append implements live.Bus.
func (b *Bus) Append(_ context.Context, run string, at live.Offset, delta string) error {
	payload, err := live.Delta{Run: run, At: at, Text: delta}.Encode()
	if err != nil {
		return fmt.Errorf("memlive: append: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	stored := b.stored(run)
	if at.Bytes == 0 {
		stored = nil
	}
	if len(stored) != at.Bytes {
		return live.ErrMismatch
	}
	b.store(run, append(stored, delta...), payload)
	return nil
}

// Replace implements live.Bus.
func (b *Bus) Replace(_ context.Context, run, whole string) error {
	payload, err := live.Delta{Run: run, Text: whole, Whole: true}.Encode()
	if err != nil {
		return fmt.Errorf("memlive: replace: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	b.store(run, []byte(whole), payload)
	return nil
}

// Text implements live.Bus.
func (b *Bus) Text(_ context.Context, run string) (whole string, ok bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return "", false, errClosed
	}
	t, ok := b.texts[run]
	if !ok {
		return "", false, nil
	}
	return string(t.value), true, nil
}

// stored returns the stored text of a run; nil for none.
func (b *Bus) stored(run string) []byte {
	if t, ok := b.texts[run]; ok {
		return t.value
	}
	return nil
}

// store stores a text for another TTL and publishes its change. The caller holds b.mu.
func (b *Bus) store(run string, value, payload []byte) {
	t, ok := b.texts[run]
	if !ok {
		t = &text{}
		t.expire = time.AfterFunc(b.ttl, func() { b.forget(run, t) })
		b.texts[run] = t
	}
	t.value, t.until = value, time.Now().Add(b.ttl)
	t.expire.Reset(b.ttl)
	b.send(live.TextTopic(run), payload)
}

// forget removes a text, unless it was changed after the timer had fired: the timer may fire while Append
// holds the lock.
func (b *Bus) forget(run string, t *text) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.texts[run] == t && !time.Now().Before(t.until) {
		delete(b.texts, run)
	}
}
