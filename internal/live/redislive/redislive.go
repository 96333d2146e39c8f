// Package redislive is the bus over Redis: one connection of the process hears all topics,
// one script stores a piece of live text and publishes it.
package redislive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/weav-ai/weav/internal/live"
)

const (
	// opTimeout bounds a command, so that a dead Redis never holds a writer up for long.
	opTimeout = time.Second
	// confirmTimeout bounds the wait for the confirmation of a subscription.
	confirmTimeout = 3 * time.Second
)

// Bus is the bus.
type Bus struct {
	client *redis.Client
	prefix string
	ttl    time.Duration
	log    *slog.Logger
	ears   *ears
}

var _ live.Bus = (*Bus)(nil)

// Option changes a bus.
type Option func(*Bus)

// WithTextTTL sets how long live text is kept behind its last change.
func WithTextTTL(d time.Duration) Option { return func(b *Bus) { b.ttl = d } }

// WithPrefix leads all keys and channels; default "weav:".
func WithPrefix(prefix string) Option { return func(b *Bus) { b.prefix = prefix } }

// WithLogger sets where lost connections are told.
func WithLogger(log *slog.Logger) Option { return func(b *Bus) { b.log = log } }

// Open connects to the Redis that url names. It fails when Redis does not answer.
func Open(ctx context.Context, url string, opts ...Option) (*Bus, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("redislive: the URL cannot be read")
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = opTimeout, opTimeout, opTimeout
	options.PoolTimeout = opTimeout
	options.MaxRetries = 1
	options.ContextTimeoutEnabled = true
	b := &Bus{client: redis.NewClient(options), prefix: "weav:", ttl: live.TextTTL, log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(b)
	}
	if err := b.Ping(ctx); err != nil {
		return nil, errors.Join(err, b.client.Close())
	}
	b.ears = listen(b.client, b.prefix, b.log)
	return b, nil
}

// Publish implements live.Bus.
func (b *Bus) Publish(ctx context.Context, topic string, payload []byte) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if err := b.client.Publish(ctx, b.prefix+topic, payload).Err(); err != nil {
		return fmt.Errorf("redislive: publish: %w", err)
	}
	return nil
}

// Subscribe implements live.Bus.
func (b *Bus) Subscribe(ctx context.Context, topic string, deliver func([]byte), lost func()) (func(), error) {
	ctx, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	return b.ears.subscribe(ctx, topic, deliver, lost)
}

// appendScript stores and publishes a delta if the text ends where the writer believes.
var appendScript = redis.NewScript(`
local at = tonumber(ARGV[1])
if at > 0 and redis.call('STRLEN', KEYS[1]) ~= at then return 0 end
if at == 0 then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('APPEND', KEYS[1], ARGV[2]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PUBLISH', KEYS[2], ARGV[4])
return 1`)

// replaceScript stores and publishes a whole text.
var replaceScript = redis.NewScript(`
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('PUBLISH', KEYS[2], ARGV[3])
return 1`)

// Append implements live.Bus.
func (b *Bus) Append(ctx context.Context, run string, at live.Offset, delta string) error {
	payload, err := json.Marshal(live.Delta{Run: run, At: at, Text: delta})
	if err != nil {
		return fmt.Errorf("redislive: append: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	done, err := appendScript.Run(ctx, b.client, b.keys(run), at.Bytes, delta, b.ttl.Milliseconds(), payload).Int()
	if err != nil {
		return fmt.Errorf("redislive: append: %w", err)
	}
	if done == 0 {
		return live.ErrMismatch
	}
	return nil
}

// Replace implements live.Bus.
func (b *Bus) Replace(ctx context.Context, run string, text string) error {
	payload, err := json.Marshal(live.Delta{Run: run, Text: text, Whole: true})
	if err != nil {
		return fmt.Errorf("redislive: replace: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	err = replaceScript.Run(ctx, b.client, b.keys(run), text, b.ttl.Milliseconds(), payload).Err()
	if err != nil {
		return fmt.Errorf("redislive: replace: %w", err)
	}
	return nil
}

// Text implements live.Bus.
func (b *Bus) Text(ctx context.Context, run string) (string, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	text, err := b.client.Get(ctx, b.keys(run)[0]).Result()
	if errors.Is(err, redis.Nil) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("redislive: text: %w", err)
	}
	return text, true, nil
}

// keys are a run's text and the channel its deltas are published on.
func (b *Bus) keys(run string) []string {
	return []string{b.prefix + "live:" + run, b.prefix + live.TextTopic(run)}
}

// Ping implements live.Bus.
func (b *Bus) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if err := b.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redislive: ping: %w", err)
	}
	return nil
}

// Close implements live.Bus.
func (b *Bus) Close() error {
	return errors.Join(b.ears.close(), b.client.Close())
}
