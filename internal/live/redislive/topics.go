package redislive

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/weav-ai/weav/internal/live"
)

// errClosed is what a closed bus answers.
var errClosed = errors.New("the bus is closed")

// topics is what the process wants to hear and what Redis has confirmed of it. Callers
// only change what is wanted; one goroutine tells Redis, so no caller waits for a
// connection that hangs.
type topics struct {
	prefix string
	reach  *reach
	fanout live.Fanout
	dial   func() *session
	wake   chan struct{} // changed has something
	stop   context.CancelFunc
	done   chan struct{} // closed with the bus

	mu      sync.Mutex
	byName  map[string]*topic
	changed []string // names whose users and command may differ; repeats are harmless
}

// hear begins to hear with connections made by options, for the bus b.
func hear(ctx context.Context, options *redis.Options, b *Bus) *topics {
	ctx, stop := context.WithCancel(ctx)
	ts := &topics{
		prefix: b.prefix,
		reach:  b.reach,
		dial:   func() *session { return newSession(options, b.prefix, b.probe) },
		wake:   make(chan struct{}, 1),
		stop:   stop,
		done:   make(chan struct{}),
		byName: map[string]*topic{},
	}
	go ts.run(ctx)
	return ts
}

func (ts *topics) close() {
	ts.stop()
	<-ts.done
}

// subscribe adds a subscription and waits a while until the server has confirmed its topic.
func (ts *topics) subscribe(ctx context.Context, name string, deliver func([]byte), lost func()) (func(), error) {
	remove := ts.fanout.Add(name, deliver, lost)
	heard := ts.join(name)
	cancel := sync.OnceFunc(func() {
		remove()
		ts.leave(name)
	})
	err := ts.await(ctx, heard)
	if errors.Is(err, errUnconfirmed) {
		ts.owe(name)
		return cancel, nil
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return cancel, nil
}

// errUnconfirmed says that a subscription stands and is not confirmed yet.
var errUnconfirmed = errors.New("the subscription is not confirmed")

// await waits for a confirmation, but not during an outage.
func (ts *topics) await(ctx context.Context, heard <-chan struct{}) error {
	select {
	case <-heard:
		return nil
	case <-ts.done:
		return errClosed
	default:
	}
	if ts.reach.outage() {
		return errUnconfirmed
	}
	enough := time.NewTimer(confirmTimeout)
	defer enough.Stop()
	select {
	case <-heard:
		return nil
	case <-ts.done:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	case <-enough.C:
		return errUnconfirmed
	}
}

// owe notes that a subscription of a topic did not wait for the confirmation, which then reports a loss.
func (ts *topics) owe(name string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.byName[name].missed = true
}

// join counts a user of a topic and returns what closes when it is heard.
func (ts *topics) join(name string) <-chan struct{} {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t, ok := ts.byName[name]
	if !ok {
		t = &topic{heard: make(chan struct{})}
		ts.byName[name] = t
	}
	t.users++
	if !t.asked {
		ts.touch(name)
	}
	return t.heard
}

func (ts *topics) leave(name string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t := ts.byName[name]
	t.users--
	if t.users == 0 {
		ts.touch(name)
	}
}

// touch tells the session that a topic has changed. The caller holds ts.mu.
func (ts *topics) touch(name string) {
	ts.changed = append(ts.changed, name)
	select {
	case ts.wake <- struct{}{}:
	default:
	}
}
