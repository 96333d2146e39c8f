package live

import (
	"slices"
	"sync"
)

// Fanout delivers what arrives on a topic to the subscriptions of one process. Both adapters use it, so that
// the rules of deliver, lost and cancel are written once. The zero value is ready for use.
type Fanout struct {
	mu     sync.RWMutex
	topics map[string]Subscribers
}

// Subscribers are the subscriptions of one topic, or of all, at one moment. A subscription that was cancelled
// since then receives nothing. The slice is never changed after it was handed out, so a delivery needs
// neither a copy nor the lock of the Fanout.
type Subscribers []*subscription

// subscription is one call of Add. Its lock is held during deliver and lost: that is what makes cancel wait
// for a running call.
type subscription struct {
	mu      sync.Mutex
	gone    bool
	deliver func([]byte)
	lost    func()
}

// Add adds a subscription to a topic. Neither function is called after remove has returned. remove waits for
// a call that runs, so deliver and lost must not call it.
func (f *Fanout) Add(topic string, deliver func([]byte), lost func()) (remove func()) {
	l := &subscription{deliver: deliver, lost: lost}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.topics == nil {
		f.topics = map[string]Subscribers{}
	}
	// Appending is safe: slices that were handed out keep their length, and remove makes a new one.
	f.topics[topic] = append(f.topics[topic], l)
	return func() {
		f.remove(topic, l)
		l.close()
	}
}

func (f *Fanout) remove(topic string, l *subscription) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.topics[topic]
	i := slices.Index(old, l)
	switch {
	case i < 0:
	case len(old) == 1:
		delete(f.topics, topic)
	default:
		f.topics[topic] = slices.Concat(old[:i], old[i+1:])
	}
}

// Subscribers returns the subscriptions of a topic.
func (f *Fanout) Subscribers(topic string) Subscribers {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.topics[topic]
}

// All returns the subscriptions of all topics.
func (f *Fanout) All() Subscribers {
	f.mu.RLock()
	defer f.mu.RUnlock()
	var all Subscribers
	for _, a := range f.topics {
		all = append(all, a...)
	}
	return all
}

// Deliver calls deliver of each subscription with the same payload, which none may change.
func (a Subscribers) Deliver(payload []byte) {
	for _, l := range a {
		l.handle(payload)
	}
}

// Lost reports to each subscription that messages may have been missed.
func (a Subscribers) Lost() {
	for _, l := range a {
		l.reportLoss()
	}
}

func (l *subscription) handle(payload []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.deliver(payload)
	}
}

func (l *subscription) reportLoss() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.lost()
	}
}

func (l *subscription) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
}
