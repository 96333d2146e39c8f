package redislive

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/weav-ai/weav/internal/live"
)

// appendScript stores a delta and publishes it, if the text ends where the writer expects. It is a script
// because both steps must be atomic: a text that was stored but not published would leave readers without its
// delta until they read again. KEYS: text, channel. ARGV: offset in bytes, delta, TTL in ms, message.
var appendScript = redis.NewScript(`
local at = tonumber(ARGV[1])
if at == 0 then
	redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
else
	if redis.call('STRLEN', KEYS[1]) ~= at then
		return 0
	end
	redis.call('APPEND', KEYS[1], ARGV[2])
	redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
redis.call('PUBLISH', KEYS[2], ARGV[4])
return 1`)

// replaceScript stores a whole text and publishes it.
// KEYS: text, channel. ARGV: text, TTL in ms, message.
var replaceScript = redis.NewScript(`
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('PUBLISH', KEYS[2], ARGV[3])
return 1`)

// Append implements live.Bus. A command that the client sends twice, because the answer was lost, appends
// once: the second finds another length, and the result is live.ErrMismatch.
func (b *Bus) Append(ctx context.Context, run string, at live.Offset, delta string) error {
	message, err := live.Delta{Run: run, At: at, Text: delta}.Encode()
	if err != nil {
		return fmt.Errorf("redislive: append: %w", err)
	}
	stored := false
	err = b.do(ctx, "append", func(ctx context.Context) error {
		var err error
		stored, err = appendScript.Run(ctx, b.client, b.keys(run), at.Bytes, delta, b.ttl.Milliseconds(), message).Bool()
		return err
	})
	if err == nil && !stored {
		return live.ErrMismatch
	}
	return err
}

// Replace implements live.Bus.
func (b *Bus) Replace(ctx context.Context, run, text string) error {
	message, err := live.Delta{Run: run, Text: text, Whole: true}.Encode()
	if err != nil {
		return fmt.Errorf("redislive: replace: %w", err)
	}
	return b.do(ctx, "replace", func(ctx context.Context) error {
		return replaceScript.Run(ctx, b.client, b.keys(run), text, b.ttl.Milliseconds(), message).Err()
	})
}

// Text implements live.Bus.
func (b *Bus) Text(ctx context.Context, run string) (text string, ok bool, err error) {
	err = b.do(ctx, "text", func(ctx context.Context) error {
		text, err = b.client.Get(ctx, b.textKey(run)).Result()
		ok = err == nil
		if errors.Is(err, redis.Nil) {
			return nil
		}
		return err
	})
	return text, ok, err
}

// textKey is the key of a run's text: one string, so that reading it is one GET and its length in bytes one
// STRLEN.
func (b *Bus) textKey(run string) string { return b.prefix + "text:" + run }

// keys are the KEYS of both scripts.
func (b *Bus) keys(run string) []string {
	return []string{b.textKey(run), b.prefix + live.TextTopic(run)}
}
