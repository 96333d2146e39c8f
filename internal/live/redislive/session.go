package redislive

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// probeEvery is how often a connection is pinged.
	probeEvery = 500 * time.Millisecond
	// maxUnanswered is how many pings in a row may stay unanswered. Until then the connection is left open,
	// because a server may pause; from the first unanswered ping on readers poll the database.
	maxUnanswered = 4
	// maxNames bounds the names of one command, so that a process with many topics does not block the server.
	maxNames = 1000
)

var (
	errOver   = errors.New("the session is over")
	errSilent = errors.New("the server does not answer")
)

// session is one connection that receives topics. It ends with its first fault and is never repaired:
// go-redis would reconnect and resubscribe by itself, and then no confirmation could be assigned to its
// connection.
type session struct {
	client   *redis.Client
	pubsub   *redis.PubSub
	prefix   string
	probe    time.Duration
	received atomic.Bool // something arrived since the last ping
}

// newSession returns a session that dials at most once. MinIdleConns is zero because idle connections would
// use up that dial.
func newSession(options *redis.Options, prefix string, probe time.Duration) *session {
	once := *options
	once.MinIdleConns = 0 // They would take the one dial.
	once.Dialer = dialOnce(redis.NewDialer(options))
	return &session{client: redis.NewClient(&once), prefix: prefix, probe: probe}
}

// dialOnce makes go-redis's automatic reconnection fail, so that a fault ends the session.
func dialOnce(dial func(ctx context.Context, network, addr string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	var used atomic.Bool
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if used.Swap(true) {
			return nil, errOver
		}
		return dial(ctx, network, addr)
	}
}

// connect makes the connection. A server that does not answer the first ping is an error.
func (s *session) connect(ctx context.Context) error {
	s.pubsub = s.client.Subscribe(ctx)
	return s.pubsub.Ping(ctx)
}

// close ends the connection. Its errors do not matter: nothing uses the connection any more.
func (s *session) close() {
	_ = s.pubsub.Close()
	_ = s.client.Close()
}

// serve sends the subscriptions that are wanted and delivers what arrives, until the connection breaks or ctx
// ends.
func (s *session) serve(ctx context.Context, ts *topics) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var reader sync.WaitGroup
	reader.Go(func() { end(s.read(ctx, ts)) })
	err := s.command(ctx, ts)
	_ = s.pubsub.Close() // Ends the reader.
	reader.Wait()
	return err
}

// read delivers what arrives. It is the one goroutine that calls subscribers.
func (s *session) read(ctx context.Context, ts *topics) error {
	for {
		// Without a deadline: one that expired within a message would desynchronize the protocol.
		message, err := s.pubsub.Receive(ctx)
		if err != nil {
			return err
		}
		s.received.Store(true)
		switch m := message.(type) {
		case *redis.Message:
			ts.fanout.Subscribers(strings.TrimPrefix(m.Channel, s.prefix)).Deliver([]byte(m.Payload))
		case *redis.Subscription:
			if m.Kind == "subscribe" {
				ts.confirm(strings.TrimPrefix(m.Channel, s.prefix))
			}
		}
	}
}

// command sends the changes of subscriptions and pings the connection. It is the only writer of the
// connection. The ticker is reset after each ping, so that an answer always has its whole time, also when
// this goroutine was delayed.
func (s *session) command(ctx context.Context, ts *topics) error {
	tick := time.NewTicker(s.probe)
	defer tick.Stop()
	unanswered := 0
	s.received.Store(true) // The server has answered the first ping.
	for {
		if err := s.sendCommands(ctx, ts); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ts.wake:
		case <-tick.C:
			unanswered++
			if s.received.Swap(false) {
				unanswered = 0
			}
			ts.reach.answered(unanswered == 0)
			if unanswered > maxUnanswered {
				return errSilent
			}
			if err := s.pubsub.Ping(ctx); err != nil {
				return err
			}
			tick.Reset(s.probe) // The answer has its whole time even when this tick was late.
		}
	}
}

// sendCommands sends the commands that are due. A name is in at most one of them, so their order does not
// matter.
func (s *session) sendCommands(ctx context.Context, ts *topics) error {
	subscribe, unsubscribe := ts.commands()
	for names := range slices.Chunk(s.channels(subscribe), maxNames) {
		if err := s.pubsub.Subscribe(ctx, names...); err != nil {
			return err
		}
	}
	for names := range slices.Chunk(s.channels(unsubscribe), maxNames) {
		if err := s.pubsub.Unsubscribe(ctx, names...); err != nil {
			return err
		}
	}
	return nil
}

// channels adds the prefix to names.
func (s *session) channels(names []string) []string {
	for i, name := range names {
		names[i] = s.prefix + name
	}
	return names
}
