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
	// probeEvery is how often a connection is asked whether it is alive.
	probeEvery = 500 * time.Millisecond
	// patience is how many probes in a row may stay without an answer. Until then the connection is
	// kept, for a server may pause; from the first of them on readers look into the database.
	patience = 4
	// maxNames bounds a command, so that a process with many topics does not hold the server up.
	maxNames = 1000
)

var (
	errOver   = errors.New("the session is over")
	errSilent = errors.New("the server does not answer")
)

// session is one connection that hears topics. It ends with its first fault and is never
// mended: go-redis would connect again by itself and resubscribe, and then nobody
// could tell which confirmation belongs to which connection.
type session struct {
	client *redis.Client
	pubsub *redis.PubSub
	prefix string
	probe  time.Duration
	heard  atomic.Bool // something came since the last probe
}

func newSession(options *redis.Options, prefix string, probe time.Duration) *session {
	once := *options
	once.MinIdleConns = 0 // They would take the one dial.
	once.Dialer = dialOnce(redis.NewDialer(options))
	return &session{client: redis.NewClient(&once), prefix: prefix, probe: probe}
}

func dialOnce(dial func(ctx context.Context, network, addr string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	var dialled atomic.Bool
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dialled.Swap(true) {
			return nil, errOver
		}
		return dial(ctx, network, addr)
	}
}

// connect makes the connection; a server that does not greet is an error.
func (s *session) connect(ctx context.Context) error {
	s.pubsub = s.client.Subscribe(ctx)
	return s.pubsub.Ping(ctx)
}

// close ends the connection. What that answers does not matter: it is spent.
func (s *session) close() {
	_ = s.pubsub.Close()
	_ = s.client.Close()
}

// serve tells the server what is wanted and hands on what comes, until the connection
// breaks or ctx ends.
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

// read hands on what comes. It is the one goroutine that calls subscribers.
func (s *session) read(ctx context.Context, ts *topics) error {
	for {
		// Without a deadline: one that fell into the middle of a message would lose the place.
		message, err := s.pubsub.Receive(ctx)
		if err != nil {
			return err
		}
		s.heard.Store(true)
		switch m := message.(type) {
		case *redis.Message:
			ts.fanout.Audience(strings.TrimPrefix(m.Channel, s.prefix)).Deliver([]byte(m.Payload))
		case *redis.Subscription:
			if m.Kind == "subscribe" {
				ts.confirm(strings.TrimPrefix(m.Channel, s.prefix))
			}
		}
	}
}

// command sends what changes and probes the connection. It alone writes.
func (s *session) command(ctx context.Context, ts *topics) error {
	tick := time.NewTicker(s.probe)
	defer tick.Stop()
	unanswered := 0
	s.heard.Store(true) // The server has greeted.
	for {
		if err := s.tell(ctx, ts); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ts.wake:
		case <-tick.C:
			unanswered++
			if s.heard.Swap(false) {
				unanswered = 0
			}
			ts.reach.answered(unanswered == 0)
			if unanswered > patience {
				return errSilent
			}
			if err := s.pubsub.Ping(ctx); err != nil {
				return err
			}
			tick.Reset(s.probe) // The answer has its whole time, also when this tick came late.
		}
	}
}

// tell sends the commands that are due. A name is in at most one of them, so their order does not matter.
func (s *session) tell(ctx context.Context, ts *topics) error {
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

func (s *session) channels(names []string) []string {
	for i, name := range names {
		names[i] = s.prefix + name
	}
	return names
}
