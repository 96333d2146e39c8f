package redislive

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/live/livetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// go-redis checks once a second whether a server that refused 20 connections is back, also
		// for that long after the client was closed.
		goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// openAt opens a bus on a server for the length of the test.
func openAt(tb testing.TB, url string, opts ...Option) *Bus {
	tb.Helper()
	bus, err := Open(tb.Context(), url, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := bus.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return bus
}

// opener opens buses that share a server, each under a prefix of its own.
func opener(url string) livetest.Open {
	return func(tb testing.TB, ttl time.Duration) live.Bus {
		tb.Helper()
		return openAt(tb, url, WithPrefix(tb.Name()+":"), WithTextTTL(ttl))
	}
}

// pair is two processes on one server: one writes, the other subscribes and reads.
type pair struct {
	*Bus
	other *Bus
}

func (p pair) Subscribe(ctx context.Context, topic string, deliver func([]byte), lost func()) (func(), error) {
	return p.other.Subscribe(ctx, topic, deliver, lost)
}

func (p pair) Text(ctx context.Context, run string) (string, bool, error) {
	return p.other.Text(ctx, run)
}

func (p pair) Close() error {
	if err := p.other.Close(); err != nil {
		return err
	}
	return p.Bus.Close()
}

func TestBus(t *testing.T) {
	t.Parallel()
	livetest.Run(t, opener(servicetest.Redis(t)))
}

func TestBusAcrossProcesses(t *testing.T) {
	t.Parallel()
	open := opener(servicetest.Redis(t))
	livetest.Run(t, func(tb testing.TB, ttl time.Duration) live.Bus {
		tb.Helper()
		return pair{Bus: open(tb, ttl).(*Bus), other: open(tb, ttl).(*Bus)}
	})
}

func BenchmarkBus(b *testing.B) { livetest.Bench(b, opener(servicetest.Redis(b))) }

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, url string }{
		{"a URL of another kind", "postgres://weav:hidden@127.0.0.1/0"},
		{"a malformed URL", "redis://weav:hidden@[::1/0"},
		{"a server with another password", "redis://:hidden@" + locked(t) + "/0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Open(t.Context(), c.url)
			if err == nil {
				t.Fatal("opened")
			}
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("the error contains the password: %v", err)
			}
		})
	}
}

// locked is the address of a server that requires a password.
func locked(t *testing.T) string {
	t.Helper()
	server := servicetest.RedisServer(t)
	if err := admin(t, server.URL()).ConfigSet(t.Context(), "requirepass", "another").Err(); err != nil {
		t.Fatal(err)
	}
	return server.Addr()
}

// TestOneConnection counts what the process costs the server.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	url := servicetest.Redis(t)
	bus := openAt(t, url)
	server := admin(t, url)
	var all []*livetest.Recorder
	for range 50 {
		all = append(all, livetest.Listen(t, bus, "a"), livetest.Listen(t, bus, "b"))
	}
	clients, err := server.Do(t.Context(), "CLIENT", "LIST", "TYPE", "pubsub").Text()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(clients, "id="); n != 1 {
		t.Errorf("%d connections hear, want 1", n)
	}
	wantSubscribed(t, server, "weav:a", 1)

	for i := range all[:len(all)-2] {
		all[i].Cancel()
	}
	if err := bus.Publish(t.Context(), "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	all[len(all)-2].Wait(t, 1)
	wantSubscribed(t, server, "weav:a", 1)
	all[len(all)-2].Cancel()
	wantSubscribed(t, server, "weav:a", 0)
	wantSubscribed(t, server, "weav:b", 1)
}

// TestKeys pins the names that other tools may use.
func TestKeys(t *testing.T) {
	t.Parallel()
	url := servicetest.Redis(t)
	bus := openAt(t, url)
	server := admin(t, url)
	if err := bus.Append(t.Context(), "run_1", live.Offset{}, "text"); err != nil {
		t.Fatal(err)
	}
	if got := server.Get(t.Context(), "weav:text:run_1").Val(); got != "text" {
		t.Errorf("weav:text:run_1 holds %q", got)
	}
	if ttl := server.TTL(t.Context(), "weav:text:run_1").Val(); ttl < live.TextTTL-time.Minute || ttl > live.TextTTL {
		t.Errorf("the text is kept for %v, want %v", ttl, live.TextTTL)
	}
}

// admin is a client beside the bus, to inspect the server.
func admin(tb testing.TB, url string) *redis.Client {
	tb.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	client := redis.NewClient(options)
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// wantSubscribed waits until the server counts n subscriptions of a channel.
func wantSubscribed(tb testing.TB, server *redis.Client, channel string, n int64) {
	tb.Helper()
	eventually(tb, fmt.Sprintf("%d subscriptions of %s", n, channel), func() bool {
		counts, err := server.PubSubNumSub(tb.Context(), channel).Result()
		return err == nil && counts[channel] == n
	})
}

// eventually polls until the server's state is as wanted; nothing signals it.
func eventually(tb testing.TB, want string, reached func() bool) {
	tb.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(10 * time.Second)
	for !reached() {
		select {
		case <-poll.C:
		case <-deadline:
			tb.Fatalf("no %s after 10 s", want)
		}
	}
}
