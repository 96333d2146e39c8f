package redislive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/weav-ai/weav/internal/live"
)

const (
	// pause is how long the ears wait before they listen again on a broken connection.
	pause = 100 * time.Millisecond
	// probe is how often a silent connection is asked whether it is alive.
	probe = 3 * time.Second
)

// errClosed is what a closed bus answers.
var errClosed = errors.New("redislive: closed")

// ears are the process's one subscribed connection. One goroutine reads it; go-redis
// connects it again by itself and subscribes to all topics anew, which shows as confirmations
// nobody asked for: then messages may have been missed.
type ears struct {
	fanout live.Fanout
	pubsub *redis.PubSub
	prefix string
	log    *slog.Logger
	stop   context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	topics map[string]*heard
	closed bool
}

// heard is a topic's state at the server.
type heard struct {
	users int
	// confirmed closes with the server's confirmation.
	confirmed chan struct{}
	ready     bool
}

func listen(client *redis.Client, prefix string, log *slog.Logger) *ears {
	ctx, cancel := context.WithCancel(context.Background())
	e := &ears{
		pubsub: client.Subscribe(ctx), prefix: prefix, log: log,
		stop: cancel, done: make(chan struct{}), topics: map[string]*heard{},
	}
	go e.read(ctx)
	return e
}

// subscribe adds a subscription and waits for the topic's confirmation.
func (e *ears) subscribe(ctx context.Context, topic string, deliver func([]byte), lost func()) (func(), error) {
	_, remove := e.fanout.Add(topic, deliver, lost)
	h, err := e.want(ctx, topic)
	cancel := sync.OnceFunc(func() {
		remove()
		e.unwant(topic)
	})
	if err != nil {
		cancel()
		return nil, err
	}
	select {
	case <-h.confirmed:
		return cancel, nil
	case <-e.done:
		cancel()
		return nil, errClosed
	case <-ctx.Done():
		cancel()
		return nil, fmt.Errorf("redislive: subscribe: %w", ctx.Err())
	}
}

// want counts a user of a topic; the first subscribes to it.
func (e *ears) want(ctx context.Context, topic string) (*heard, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	h, ok := e.topics[topic]
	if !ok {
		h = &heard{confirmed: make(chan struct{})}
		e.topics[topic] = h
	}
	h.users++
	if e.closed {
		return nil, errClosed
	}
	if ok {
		return h, nil
	}
	// The order of commands on the connection is that of the lock. A connection that is down
	// remembers the topic and subscribes to it when it is up again.
	if err := e.pubsub.Subscribe(ctx, e.prefix+topic); err != nil {
		e.log.WarnContext(ctx, "a subscription waits for Redis", "error", err)
	}
	return h, nil
}

// unwant counts a user less; the last unsubscribes.
func (e *ears) unwant(topic string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := e.topics[topic]
	h.users--
	if h.users > 0 {
		return
	}
	delete(e.topics, topic)
	if e.closed {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	if err := e.pubsub.Unsubscribe(ctx, e.prefix+topic); err != nil {
		e.log.Debug("a topic was not unsubscribed; its messages are dropped", "error", err)
	}
}

// read hears the connection until the bus is closed.
func (e *ears) read(ctx context.Context) {
	defer close(e.done)
	silent := false
	for ctx.Err() == nil {
		msg, err := e.pubsub.ReceiveTimeout(ctx, probe)
		switch {
		case err == nil:
			silent = false
			e.hear(msg)
		case ctx.Err() != nil:
			return
		case timedOut(err) && !silent:
			silent = true
			if err := e.pubsub.Ping(ctx); err != nil {
				e.log.Debug("Redis did not take a ping", "error", err)
			}
		default:
			silent = false
			e.wait(ctx, err)
		}
	}
}

// wait pauses after a fault; go-redis connects again with the next read.
func (e *ears) wait(ctx context.Context, err error) {
	e.log.WarnContext(ctx, "the connection that hears Redis broke", "error", err)
	// Whatever is published until the topics are confirmed again is missed.
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
	if err := e.pubsub.Ping(ctx); err != nil {
		e.log.Debug("Redis does not answer yet", "error", err)
	}
}

func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// hear takes one message of the server.
func (e *ears) hear(msg any) {
	switch m := msg.(type) {
	case *redis.Message:
		e.fanout.Deliver(strings.TrimPrefix(m.Channel, e.prefix), []byte(m.Payload))
	case *redis.Subscription:
		if m.Kind == "subscribe" {
			e.confirm(strings.TrimPrefix(m.Channel, e.prefix))
		}
	}
}

// confirm notes that the server sends a topic's messages. A second confirmation means that the connection is a new one.
func (e *ears) confirm(topic string) {
	e.mu.Lock()
	h, ok := e.topics[topic]
	again := ok && h.ready
	if ok && !h.ready {
		h.ready = true
		close(h.confirmed)
	}
	e.mu.Unlock()
	if again {
		e.fanout.LostOn(topic)
	}
}

func (e *ears) close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.stop()
	err := e.pubsub.Close()
	<-e.done
	return err
}
