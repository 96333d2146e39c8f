// Package redislive is the bus over Redis: one connection of the process hears all topics,
// one script stores a piece of live text and publishes it.
//
// Redis may be killed and come back empty at any time. Commands then fail within a second,
// and the hearing connection comes back by itself and tells each subscription that it may
// have missed something.
package redislive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/live"
)

const (
	// commandTimeout bounds a command with its dial and its retry, so that a dead Redis
	// never holds a writer up for long.
	commandTimeout = time.Second
	// confirmTimeout bounds the wait for the confirmation of a subscription. It
	// leaves room for one reconnection.
	confirmTimeout = 3 * time.Second
)

// Bus is the bus.
type Bus struct {
	client *redis.Client
	prefix string
	ttl    time.Duration
	probe  time.Duration
	log    *slog.Logger
	topics *topics
	close  func() error
}

var _ live.Bus = (*Bus)(nil)

// Option changes a bus.
type Option func(*Bus)

// WithTextTTL sets how long live text is kept behind its last change; default live.TextTTL.
func WithTextTTL(d time.Duration) Option { return func(b *Bus) { b.ttl = d } }

// WithPrefix leads all keys and channels; default "weav:". Buses with different prefixes
// share a server without hearing each other.
func WithPrefix(prefix string) Option { return func(b *Bus) { b.prefix = prefix } }

// WithLogger sets where lost connections are told; default nowhere.
func WithLogger(log *slog.Logger) Option { return func(b *Bus) { b.log = log } }

// withProbe sets how often a silent connection is probed.
func withProbe(d time.Duration) Option { return func(b *Bus) { b.probe = d } }

// Open connects to the Redis that url names (redis:, rediss: or unix:). It fails when Redis
// does not answer now; what happens to Redis later does not end the bus. Errors hold no part of url.
// The bus outlives ctx and ends with Close.
func Open(ctx context.Context, url string, opts ...Option) (*Bus, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("redislive: the URL cannot be read") // The cause repeats the password.
	}
	b := &Bus{prefix: "weav:", ttl: live.TextTTL, probe: probeEvery, log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(b)
	}
	logging.Disable() // It writes to stderr, in no form, what comes back as errors too.
	b.client = redis.NewClient(bounded(options))
	if err := b.Ping(ctx); err != nil {
		return nil, errors.Join(err, b.client.Close())
	}
	b.topics = hear(context.WithoutCancel(ctx), options, b)
	b.close = sync.OnceValue(func() error {
		b.topics.close()
		return b.client.Close()
	})
	return b, nil
}

// bounded sets the limits of every connection and returns options.
func bounded(options *redis.Options) *redis.Options {
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = commandTimeout, commandTimeout, commandTimeout
	options.PoolTimeout = commandTimeout
	options.ContextTimeoutEnabled = true
	options.DialerRetries = 1
	options.MaxRetries = 1
	// Only Redis Enterprise sends such notices.
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return options
}

// Publish implements live.Bus. It answers within a second, whatever state Redis is in.
func (b *Bus) Publish(ctx context.Context, topic string, payload []byte) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if err := b.client.Publish(ctx, b.prefix+topic, payload).Err(); err != nil {
		return unavailable("publish", err)
	}
	return nil
}

// Subscribe implements live.Bus. It fails when Redis does not confirm within three seconds.
func (b *Bus) Subscribe(ctx context.Context, topic string, deliver func([]byte), lost func()) (func(), error) {
	ctx, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	unsubscribe, err := b.topics.subscribe(ctx, topic, deliver, lost)
	if err != nil {
		return nil, unavailable("subscribe", err)
	}
	return unsubscribe, nil
}

// Ping implements live.Bus.
func (b *Bus) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if err := b.client.Ping(ctx).Err(); err != nil {
		return unavailable("ping", err)
	}
	return nil
}

// Close implements live.Bus.
func (b *Bus) Close() error { return b.close() }

// unavailable keeps a vendor's error, and the caller's own cancellation, as the cause.
func unavailable(step string, err error) error {
	cause := fmt.Errorf("redislive: %s: %w", step, err)
	return errs.Wrap(cause, errs.Unavailable, "Live updates are not available at the moment.").Retry(0)
}
