// Package redislive is the bus over Redis. One connection of the process receives all topics, and one script
// stores a piece of live text and publishes it.
//
// Redis may be killed and restart empty at any time. The first commands then fail within a second, and later
// ones at once, until a probe succeeds. The receiving connection reconnects by itself and reports to each
// subscription that it may have missed messages.
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
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/live"
)

const (
	// commandTimeout bounds a command with its dial and its retry, so that a dead Redis does not delay a
	// writer for long.
	commandTimeout = time.Second
	// confirmTimeout bounds the wait for the confirmation of a subscription.
	confirmTimeout = time.Second
)

// Bus implements live.Bus over one Redis server.
type Bus struct {
	client *redis.Client
	prefix string
	ttl    time.Duration
	probe  time.Duration
	log    *slog.Logger
	reach  *reach
	topics *topics
	close  func() error
}

var _ live.Bus = (*Bus)(nil)

// Option changes a bus.
type Option func(*Bus)

// WithTextTTL sets how long live text is stored after its last change; default live.TextTTL.
func WithTextTTL(d time.Duration) Option { return func(b *Bus) { b.ttl = d } }

// WithPrefix is put before all keys and channels; default "weav:". Buses with different prefixes share a
// server without receiving each other's messages.
func WithPrefix(prefix string) Option { return func(b *Bus) { b.prefix = prefix } }

// WithLogger sets the logger of outages; default none.
func WithLogger(log *slog.Logger) Option { return func(b *Bus) { b.log = log } }

// withProbe sets how often a silent connection is pinged.
func withProbe(d time.Duration) Option { return func(b *Bus) { b.probe = d } }

// Open returns the bus over the Redis that url names (redis:, rediss: or unix:). A Redis that does not answer
// is an outage like a later one: the bus opens and waits for it, so that the order in which processes start
// does not matter. Open fails when Redis answers that it rejects this client, which waiting does not change.
// Errors contain no part of url. The bus outlives ctx and ends with Close.
func Open(ctx context.Context, url string, opts ...Option) (*Bus, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("redislive: the URL cannot be read") // The cause repeats the password.
	}
	b := &Bus{prefix: "weav:", ttl: live.TextTTL, probe: probeEvery, log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(b)
	}
	logging.Disable() // It writes unstructured lines to stderr for what is also returned as errors.
	b.client = redis.NewClient(bounded(options))
	b.reach = newReach(b.log, b.write)
	first := b.ping(ctx)
	if refused(first) {
		return nil, errors.Join(unavailable("ping", first), b.client.Close())
	}
	if first != nil {
		b.reach.failed(first) //nolint:contextcheck // The probe ends with the bus.
	}
	b.topics = listen(context.WithoutCancel(ctx), options, b)
	b.close = sync.OnceValue(func() error {
		b.topics.close()
		b.reach.close()
		return b.client.Close()
	})
	return b, nil
}

// refused reports whether Redis answered that it rejects the client. Waiting does not help then.
func refused(err error) bool {
	var reply redis.Error
	if !errors.As(err, &reply) {
		return false
	}
	for _, prefix := range []string{"NOAUTH", "WRONGPASS", "NOPERM", "ERR AUTH", "ERR Client sent AUTH", "ERR invalid password", "ERR DB index", "ERR invalid DB"} {
		if strings.HasPrefix(reply.Error(), prefix) {
			return true
		}
	}
	return false
}

// bounded sets the limits of every connection and returns options.
func bounded(options *redis.Options) *redis.Options {
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = commandTimeout, commandTimeout, commandTimeout
	options.PoolTimeout = commandTimeout
	options.ContextTimeoutEnabled = true
	// One retry finds a server that was restarted; more would exceed commandTimeout.
	options.DialerRetries = 1
	options.MaxRetries = 1
	// Only Redis Enterprise sends such notices.
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return options
}

// do runs a command within its time limit. During an outage it fails without sending it: each caller would
// otherwise wait for its own timeout.
func (b *Bus) do(ctx context.Context, step string, command func(ctx context.Context) error) error {
	if b.reach.down() {
		return unavailable(step, errOutOfReach)
	}
	bounded, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	err := command(bounded)
	if err == nil {
		return nil
	}
	if ctx.Err() == nil { // The end of the caller's own context says nothing about Redis.
		b.reach.failed(err) //nolint:contextcheck // The probe ends with the bus.
	}
	return unavailable(step, err)
}

// Publish implements live.Bus. It answers within a second, whatever state Redis is in.
func (b *Bus) Publish(ctx context.Context, topic string, payload []byte) error {
	return b.do(ctx, "publish", func(ctx context.Context) error {
		return b.client.Publish(ctx, b.prefix+topic, payload).Err()
	})
}

// Subscribe implements live.Bus.
func (b *Bus) Subscribe(ctx context.Context, topic string, deliver func([]byte), lost func()) (func(), error) {
	unsubscribe, err := b.topics.subscribe(ctx, topic, deliver, lost)
	if err != nil {
		return nil, unavailable("subscribe", err)
	}
	return unsubscribe, nil
}

// Ping implements live.Bus. It is sent during an outage too, since a health check wants the current state.
func (b *Bus) Ping(ctx context.Context) error {
	if err := b.ping(ctx); err != nil {
		return unavailable("ping", err)
	}
	return nil
}

// ping sends PING within its own time, whatever state the bus is in.
func (b *Bus) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	return b.client.Ping(ctx).Err()
}

// write is the probe. It writes, because a Redis that is loading, full or a replica answers PING but takes no
// writes.
func (b *Bus) write(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	return b.client.Set(ctx, b.prefix+"probe", "", time.Second).Err()
}

// Reachable implements live.Bus.
func (b *Bus) Reachable() bool { return b.reach.reachable() }

// Close implements live.Bus.
func (b *Bus) Close() error { return b.close() }

// unavailable wraps a vendor's error, or the caller's own cancellation, as the cause of an UNAVAILABLE that
// is safe to show.
func unavailable(step string, err error) error {
	cause := fmt.Errorf("redislive: %s: %w", step, err)
	return errs.Wrap(cause, errs.Unavailable, "Live updates are not available at the moment.").Retry(0)
}
