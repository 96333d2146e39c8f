package redislive

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/weav-ai/weav/internal/live"
)

// errClosed is the error of a closed bus.
var errClosed = errors.New("the bus is closed")

// topics is the set of topics that the process wants and what Redis has confirmed of it. Callers only change
// what is wanted. One goroutine sends the commands, so no caller waits for a connection that hangs.
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
	changed []string // names whose users and last command may differ; duplicates are harmless
}

// listen starts receiving for the bus b over connections made by options.
func listen(ctx context.Context, options *redis.Options, b *Bus) *topics {
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

// close ends the session and waits for its goroutine.
func (ts *topics) close() {
	ts.stop()
	<-ts.done
}

// subscribe adds a subscription and waits a limited time until the server has confirmed its topic. The
// subscription is added before the wait, so that no message between the confirmation and the return is
// missed.
func (ts *topics) subscribe(ctx context.Context, name string, deliver func([]byte), lost func()) (func(), error) {
	remove := ts.fanout.Add(name, deliver, lost)
	ready := ts.join(name)
	cancel := sync.OnceFunc(func() {
		remove()
		ts.leave(name)
	})
	err := ts.await(ctx, ready)
	if errors.Is(err, errUnconfirmed) {
		ts.markMissed(name)
		return cancel, nil
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return cancel, nil
}

// errUnconfirmed means that a subscription exists and is not confirmed yet.
var errUnconfirmed = errors.New("the subscription is not confirmed")

// await waits for a confirmation, but not during an outage, when none can come.
func (ts *topics) await(ctx context.Context, ready <-chan struct{}) error {
	select {
	case <-ready:
		return nil
	case <-ts.done:
		return errClosed
	default:
	}
	if ts.reach.outage() {
		return errUnconfirmed
	}
	timeout := time.NewTimer(confirmTimeout)
	defer timeout.Stop()
	select {
	case <-ready:
		return nil
	case <-ts.done:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
		return errUnconfirmed
	}
}

// markMissed records that a subscription did not wait for the confirmation, which then reports a loss.
func (ts *topics) markMissed(name string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.byName[name].missed = true
}

// join counts a user of a topic and returns the channel that is closed when it is confirmed.
func (ts *topics) join(name string) <-chan struct{} {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t, ok := ts.byName[name]
	if !ok {
		t = &topic{ready: make(chan struct{})}
		ts.byName[name] = t
	}
	t.users++
	if !t.subscribed {
		ts.markChanged(name)
	}
	return t.ready
}

// leave removes a user of a topic. The UNSUBSCRIBE is sent later by the session, so leaving never waits for
// the server.
func (ts *topics) leave(name string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t := ts.byName[name]
	t.users--
	if t.users == 0 {
		ts.markChanged(name)
	}
}

// markChanged wakes the session because a topic has changed. The caller holds ts.mu.
func (ts *topics) markChanged(name string) {
	ts.changed = append(ts.changed, name)
	select {
	case ts.wake <- struct{}{}:
	default:
	}
}
