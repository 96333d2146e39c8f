package live

import (
	"slices"
	"sync"
)

// Fanout shares what arrives on a topic among the subscriptions of one process. Both
// adapters deliver through one. The zero value is ready for use.
type Fanout struct {
	mu     sync.RWMutex
	topics map[string]Audience
}

// Audience is who listened to a topic, or to any, at one moment. Who has cancelled
// since hears nothing of it. It is never changed, so that delivering copies nothing.
type Audience []*listener

// listener is one subscription. Its lock makes cancel wait for a running call.
type listener struct {
	mu      sync.Mutex
	gone    bool
	deliver func([]byte)
	lost    func()
}

// Add adds a subscription to a topic. Neither function is called after remove has
// returned; remove waits for a call that runs, so neither may call it.
func (f *Fanout) Add(topic string, deliver func([]byte), lost func()) (remove func()) {
	l := &listener{deliver: deliver, lost: lost}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.topics == nil {
		f.topics = map[string]Audience{}
	}
	// What was an audience before keeps its length; remove makes a new slice.
	f.topics[topic] = append(f.topics[topic], l)
	return func() {
		f.remove(topic, l)
		l.leave()
	}
}

func (f *Fanout) remove(topic string, l *listener) {
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

// Audience returns who listens to a topic now.
func (f *Fanout) Audience(topic string) Audience {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.topics[topic]
}

// Everyone returns who listens to any topic now.
func (f *Fanout) Everyone() Audience {
	f.mu.RLock()
	defer f.mu.RUnlock()
	var all Audience
	for _, a := range f.topics {
		all = append(all, a...)
	}
	return all
}

// Deliver gives payload to each subscription of the audience. They share it.
func (a Audience) Deliver(payload []byte) {
	for _, l := range a {
		l.hear(payload)
	}
}

// Lost tells each subscription of the audience that messages may have been missed.
func (a Audience) Lost() {
	for _, l := range a {
		l.miss()
	}
}

func (l *listener) hear(payload []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.deliver(payload)
	}
}

func (l *listener) miss() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.lost()
	}
}

func (l *listener) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
}
