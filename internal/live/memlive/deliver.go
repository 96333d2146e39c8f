package memlive

import "github.com/weav-ai/weav/internal/live"

// maxWaiting bounds the messages that wait while a subscriber blocks, which it must not do. Beyond it all are
// dropped and every subscriber is notified of the loss: the process must not run out of memory for one faulty
// subscriber.
const maxWaiting = 16384

// message is a payload with the subscriptions that existed when it was published.
type message struct {
	to      live.Subscribers
	payload []byte
}

// send queues a payload, which must not change from then on. The caller holds b.mu. The delivering goroutine
// is started with the first message and ends when the queue is empty, so that an idle bus has none.
func (b *Bus) send(topic string, payload []byte) {
	to := b.fanout.Subscribers(topic)
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

// deliver delivers what waits and ends when nothing is left. It holds no lock while it calls subscribers.
func (b *Bus) deliver() {
	for {
		batch, overflowed := b.next()
		if len(batch) == 0 {
			return
		}
		if overflowed {
			b.fanout.All().Lost()
		}
		for _, m := range batch {
			m.to.Deliver(m.payload)
		}
	}
}

// next takes the queue. delivering is cleared in the same step as the queue is found empty, so that send
// never relies on a goroutine that has ended.
func (b *Bus) next() (batch []message, overflowed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	batch, overflowed = b.waiting, b.overflowed
	b.waiting, b.overflowed = nil, false
	b.delivering = len(batch) > 0
	return batch, overflowed
}
