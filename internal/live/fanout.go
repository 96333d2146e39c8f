package live

import "sync"

// Fanout shares what arrives on a topic among the subscriptions of a process. Both
// adapters deliver through one. The zero value is ready for use.
type Fanout struct {
	mu     sync.RWMutex
	topics map[string]map[*listener]struct{}
}

// listener is one subscription. Its lock keeps cancel from returning while deliver runs.
type listener struct {
	mu      sync.Mutex
	gone    bool
	deliver func([]byte)
	lost    func()
}

func (l *listener) call(fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		fn()
	}
}

// Add adds a subscription; first tells that it is the topic's only one. remove takes it away
// and tells whether it was the last; neither function of it is called after remove has returned.
func (f *Fanout) Add(topic string, deliver func([]byte), lost func()) (first bool, remove func() (last bool)) {
	l := &listener{deliver: deliver, lost: lost}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.topics == nil {
		f.topics = map[string]map[*listener]struct{}{}
	}
	if f.topics[topic] == nil {
		f.topics[topic] = map[*listener]struct{}{}
		first = true
	}
	f.topics[topic][l] = struct{}{}
	return first, func() bool { return f.remove(topic, l) }
}

func (f *Fanout) remove(topic string, l *listener) (last bool) {
	f.mu.Lock()
	if _, ok := f.topics[topic][l]; ok {
		delete(f.topics[topic], l)
		if len(f.topics[topic]) == 0 {
			delete(f.topics, topic)
			last = true
		}
	}
	f.mu.Unlock()
	l.mu.Lock()
	l.gone = true
	l.mu.Unlock()
	return last
}

// Deliver gives a payload to the topic's subscriptions.
func (f *Fanout) Deliver(topic string, payload []byte) {
	for _, l := range f.listeners(topic) {
		l.call(func() { l.deliver(payload) })
	}
}

// LostOn tells a topic's subscriptions that messages may have been missed.
func (f *Fanout) LostOn(topic string) {
	for _, l := range f.listeners(topic) {
		l.call(l.lost)
	}
}

func (f *Fanout) listeners(topic string) []*listener {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := make([]*listener, 0, len(f.topics[topic]))
	for l := range f.topics[topic] {
		out = append(out, l)
	}
	return out
}
