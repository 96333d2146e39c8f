package runtest

import (
	"context"
	"sync"

	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
)

// Bus is a process's bus, at whose steps a test can hold its runs: a run that is held does nothing more, as one whose
// process is frozen.
type Bus struct {
	live.Bus

	mu    sync.Mutex
	holds map[step]*hold
}

// step is a call of the bus that is about a run.
type step struct {
	name string
	run  string
}

// hold is where a run is held, once.
type hold struct {
	reached, released chan struct{}
}

// HoldText holds the run before it publishes its next piece of text. reached is closed when it is held.
func (b *Bus) HoldText(run oid.Run) (reached <-chan struct{}, release func()) {
	return b.hold(step{"append", run.String()})
}

// HoldStart holds the run after it has claimed its row, before it does anything else.
func (b *Bus) HoldStart(run oid.Run) (reached <-chan struct{}, release func()) {
	return b.hold(step{"subscribe", live.ControlTopic(run.String())})
}

// HoldSignal holds the request of a stop after the flag is set, before the run is signalled.
func (b *Bus) HoldSignal(run oid.Run) (reached <-chan struct{}, release func()) {
	return b.hold(step{"publish", live.ControlTopic(run.String())})
}

func (b *Bus) hold(s step) (reached <-chan struct{}, release func()) {
	h := &hold{reached: make(chan struct{}), released: make(chan struct{})}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.holds == nil {
		b.holds = map[step]*hold{}
	}
	b.holds[s] = h
	return h.reached, sync.OnceFunc(func() { close(h.released) })
}

// pass waits while the step is held.
func (b *Bus) pass(s step) {
	b.mu.Lock()
	h := b.holds[s]
	delete(b.holds, s)
	b.mu.Unlock()
	if h != nil {
		close(h.reached)
		<-h.released
	}
}

// Subscribe implements live.Bus.
func (b *Bus) Subscribe(ctx context.Context, topic string, deliver func([]byte), lost func()) (func(), error) {
	b.pass(step{"subscribe", topic})
	return b.Bus.Subscribe(ctx, topic, deliver, lost)
}

// Publish implements live.Bus.
func (b *Bus) Publish(ctx context.Context, topic string, payload []byte) error {
	b.pass(step{"publish", topic})
	return b.Bus.Publish(ctx, topic, payload)
}

// Append implements live.Bus.
func (b *Bus) Append(ctx context.Context, run string, at live.Offset, delta string) error {
	b.pass(step{"append", run})
	return b.Bus.Append(ctx, run, at, delta)
}
