package memlive

import "github.com/weav-ai/weav/internal/live"

// maxWaiting bounds the messages that wait while a subscriber blocks, as it must not. Beyond,
// all are dropped and every subscriber is told so.
const maxWaiting = 16384

// message is a payload on its way to those who listened when it was published.
type message struct {
	to      live.Audience
	payload []byte
}

// send queues a payload, which from now on must not change. The caller holds b.mu.
func (b *Bus) send(topic string, payload []byte) {
	to := b.fanout.Audience(topic)
	if len(to) == 0 {
		return
	}
	if len(b.waiting) >= maxWaiting {
		b.waiting, b.overflowed = nil, true
	}
	b.waiting = append(b.waiting, message{to, payload})
	if !b.delivering {
		b.delivering = true
		b.work.Go(b.deliver)
	}
}

// deliver hands over what waits and ends when nothing does.
func (b *Bus) deliver() {
	for {
		batch, overflowed := b.next()
		if len(batch) == 0 {
			return
		}
		if overflowed {
			b.fanout.Everyone().Lost()
		}
		for _, m := range batch {
			m.to.Deliver(m.payload)
		}
	}
}

func (b *Bus) next() (batch []message, overflowed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	batch, overflowed = b.waiting, b.overflowed
	b.waiting, b.overflowed = nil, false
	b.delivering = len(batch) > 0
	return batch, overflowed
}
