// Package redisrate limits rates over Redis, for all processes together and by the clock of Redis.
//
// A take is one script, which makes it atomic between processes. Redis may restart empty: all buckets are
// empty then.
package redisrate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/rate"
)

// DefaultTimeout bounds a take with its dial and its retry, because a request waits for it.
const DefaultTimeout = 500 * time.Millisecond

// Limiter is the limiter.
type Limiter struct {
	client  *redis.Client
	prefix  string
	timeout time.Duration
}

var _ rate.Limiter = (*Limiter)(nil)

// Option changes a limiter.
type Option func(*Limiter)

// WithPrefix is put before all keys; default "weav:". Limiters with different prefixes share a server without
// counting for each other.
func WithPrefix(prefix string) Option { return func(l *Limiter) { l.prefix = prefix } }

// WithTimeout bounds a take; default DefaultTimeout.
func WithTimeout(d time.Duration) Option { return func(l *Limiter) { l.timeout = d } }

// New returns a limiter over the Redis that url names (redis:, rediss: or unix:), which need not answer yet.
// The error contains no part of url.
func New(url string, opts ...Option) (*Limiter, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("redisrate: the URL cannot be read") // The cause repeats the password.
	}
	l := &Limiter{prefix: "weav:", timeout: DefaultTimeout}
	for _, opt := range opts {
		opt(l)
	}
	logging.Disable() // It writes unstructured lines to stderr for what is also returned as errors.
	l.client = redis.NewClient(bounded(options, l.timeout))
	return l, nil
}

// bounded sets the limits of every connection and returns options.
func bounded(options *redis.Options, timeout time.Duration) *redis.Options {
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = timeout, timeout, timeout
	options.PoolTimeout = timeout
	options.ContextTimeoutEnabled = true
	options.DialerRetries = 1
	options.MaxRetries = 1
	// Only Redis Enterprise sends such notices.
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return options
}

// takeScript charges all buckets or none, and returns their levels before. A bucket is a string of its level
// and the time of that level in microseconds; it expires when the bucket is empty. KEYS: the buckets. ARGV,
// for each of them: events, level of a full one, charge.
var takeScript = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local kept = redis.call('MGET', unpack(KEYS))
local levels, fits = {}, true
for i = 1, #KEYS do
	local events, full, charge = tonumber(ARGV[3*i-2]), tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i])
	local level, at = string.match(kept[i] or '', '^(%d+) (%d+)$')
	local passed = math.max(0, now - (at or now))
	levels[i] = math.max(0, (level or 0) - passed * events)
	fits = fits and levels[i] + charge <= full
end
if not fits then
	return levels
end
for i = 1, #KEYS do
	local events, level = tonumber(ARGV[3*i-2]), levels[i] + tonumber(ARGV[3*i])
	redis.call('SET', KEYS[i], string.format('%.0f %.0f', level, now), 'PX', math.ceil(level / events / 1000) + 1)
end
return levels`)

// Take implements rate.Limiter. It returns within the timeout, whatever state Redis is in.
func (l *Limiter) Take(ctx context.Context, subject string, n int, limits ...rate.Limit) (rate.Decision, error) {
	if err := rate.Check(n, limits); err != nil {
		return rate.Decision{}, err
	}
	if len(limits) == 0 {
		return rate.Decision{Allowed: true}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	keys, args := l.arguments(subject, n, limits)
	levels, err := takeScript.Run(ctx, l.client, keys, args...).Int64Slice()
	if err == nil && len(levels) != len(limits) {
		err = fmt.Errorf("%d levels for %d limits", len(levels), len(limits))
	}
	if err != nil {
		return rate.Decision{}, unavailable(err)
	}
	return rate.Weigh(n, limits, levels), nil
}

// Close closes the connections.
func (l *Limiter) Close() error { return l.client.Close() }

// arguments are those of takeScript.
func (l *Limiter) arguments(subject string, n int, limits []rate.Limit) (keys []string, args []any) {
	keys, args = make([]string, 0, len(limits)), make([]any, 0, 3*len(limits))
	for _, limit := range limits {
		keys = append(keys, l.key(subject, limit))
		args = append(args, limit.Events, limit.Full(), limit.Charge(n))
	}
	return keys, args
}

// key names a bucket. A changed limit has another key, because levels are counted in units of the limit.
func (l *Limiter) key(subject string, limit rate.Limit) string {
	return l.prefix + "rate:" + subject + ":" + limit.Name + ":" + strconv.Itoa(limit.Events) + "/" + limit.Per.String()
}

// unavailable wraps a vendor's error, or the caller's own cancellation, as the cause of an UNAVAILABLE that
// is safe to show.
func unavailable(err error) error {
	cause := fmt.Errorf("redisrate: take: %w", err)
	return errs.Wrap(cause, errs.Unavailable, "The rate of requests cannot be told at the moment.").Retry(0)
}
