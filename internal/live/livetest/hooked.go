package livetest

import (
	"context"
	"strings"

	"github.com/weav-ai/weav/internal/live"
)

// Hooked is a bus that calls a test between the steps of a reader, to force an interleaving. Hooks that are
// nil do nothing.
type Hooked struct {
	live.Bus
	// Subscribed is called when a run's text is subscribed to.
	Subscribed func()
	// Reading and Read are called before and after a run's text is read.
	Reading, Read func()
}

// Subscribe implements live.Bus.
func (h *Hooked) Subscribe(ctx context.Context, topic string, deliver func([]byte), lost func()) (func(), error) {
	cancel, err := h.Bus.Subscribe(ctx, topic, deliver, lost)
	if strings.HasPrefix(topic, live.TextTopic("")) {
		call(h.Subscribed)
	}
	return cancel, err
}

// Text implements live.Bus.
func (h *Hooked) Text(ctx context.Context, run string) (text string, ok bool, err error) {
	call(h.Reading)
	text, ok, err = h.Bus.Text(ctx, run)
	call(h.Read)
	return text, ok, err
}

func call(hook func()) {
	if hook != nil {
		hook()
	}
}
