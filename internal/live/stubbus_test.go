package live_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/weav-ai/weav/internal/live"
)

// stubBus is a bus whose answers a test sets; a message is received before deliver returns.
type stubBus struct {
	live.Bus // nil: no test here calls the other methods

	fail   []error // of the next changes or subscriptions, in order; none are left: they succeed
	calls  []string
	topics []string

	text    string
	none    bool // it has no text
	textErr error
	reads   int

	deliver   func([]byte)
	lost      func()
	cancelled int
}

func (b *stubBus) next() error {
	if len(b.fail) == 0 {
		return nil
	}
	err := b.fail[0]
	b.fail = b.fail[1:]
	return err
}

func (b *stubBus) Append(_ context.Context, run string, at live.Offset, delta string) error {
	b.calls = append(b.calls, fmt.Sprintf("append %s %d/%d %s", run, at.Bytes, at.UTF16, delta))
	return b.next()
}

func (b *stubBus) Replace(_ context.Context, run, text string) error {
	b.calls = append(b.calls, fmt.Sprintf("replace %s %s", run, text))
	return b.next()
}

func (b *stubBus) Publish(_ context.Context, topic string, payload []byte) error {
	b.calls = append(b.calls, fmt.Sprintf("publish %s %s", topic, payload))
	return b.next()
}

func (b *stubBus) Text(context.Context, string) (text string, ok bool, err error) {
	b.reads++
	if b.none || b.textErr != nil {
		return "", false, b.textErr
	}
	return b.text, true, nil
}

func (b *stubBus) Subscribe(_ context.Context, topic string, deliver func([]byte), lost func()) (func(), error) {
	b.topics = append(b.topics, topic)
	if err := b.next(); err != nil {
		return nil, err
	}
	b.deliver, b.lost = deliver, lost
	return func() { b.cancelled++ }, nil
}

// say delivers a message as JSON.
func (b *stubBus) say(message any) {
	payload, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	b.deliver(payload)
}
