// Package bench measures what people feel: how soon a reply's first piece is there, what a
// delivery costs, how fast a page is read. It runs the whole server in process, over real sockets,
// embedded and, when the services are there, on Postgres and Redis.
package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/app/apptest"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/test/servicetest"
)

// each runs a benchmark on both kinds of parts.
func each(b *testing.B, run func(b *testing.B, c *client.Client)) {
	b.Run("embedded", func(b *testing.B) { run(b, start(b, nil)) })
	b.Run("postgres+redis", func(b *testing.B) {
		run(b, start(b, map[string]string{
			"DATABASE_URL": servicetest.Postgres(b), "REDIS_URL": servicetest.Redis(b), "AUTO_MIGRATE": "true",
			"JWT_SECRET": apptest.Secret,
		}))
	})
}

// amplePlans have the ledger count what no benchmark uses up.
const amplePlans = `plans:
  - {type: FREE, name: {en: F, ko: F}, daily: {tokens: 1000000000000, images: 1000000, videoSeconds: 1000000}}
  - {type: STANDARD, name: {en: S, ko: S}, orderName: S, amount: 9900, currency: KRW, days: 30, daily: {tokens: 1000000000000, images: 1000000, videoSeconds: 1000000}}
  - {type: PREMIUM, name: {en: P, ko: P}, orderName: P, amount: 19900, currency: KRW, days: 30, daily: {tokens: 1000000000000, images: 1000000, videoSeconds: 1000000}}
`

// start runs a server and returns a signed-in client of it.
func start(b *testing.B, settings map[string]string) *client.Client {
	b.Helper()
	dir, rates := b.TempDir(), apptest.WideRates()
	plans := filepath.Join(dir, "plans.yaml")
	must(b, os.WriteFile(plans, []byte(amplePlans), 0o600))
	cfg, err := app.Load(func(name string) string {
		if v, ok := settings[name]; ok {
			return v
		}
		if v, ok := rates[name]; ok {
			return v
		}
		return map[string]string{"PLANS_FILE": plans, "DATA_DIR": dir, "LISTEN_ADDR": "127.0.0.1:0", "SANDBOX_PACE": "0", "SHUTDOWN_TIMEOUT": "5s"}[name]
	})
	must(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	part := app.Part{Serves: true, Works: true}
	listener, cfg, err := app.Listen(ctx, cfg, part)
	must(b, err)
	a, err := app.Open(ctx, cfg, part, slog.New(slog.DiscardHandler))
	must(b, err)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, listener) }()
	b.Cleanup(func() {
		cancel()
		<-ended
		must(b, a.Close())
	})
	c := &client.Client{URL: "http://" + listener.Addr().String() + "/graphql"}
	_, err = c.SignIn(b.Context(), "bench@example.com")
	must(b, err)
	return c
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFirstPiece is the time from sending a message to its reply's first piece at a
// subscriber, the model answering at once; and to the reply's end.
func BenchmarkFirstPiece(b *testing.B) {
	each(b, func(b *testing.B, c *client.Client) {
		chatID, err := c.NewChat(b.Context(), uuid.NewString())
		must(b, err)
		socket, err := c.Dial(b.Context())
		must(b, err)
		defer func() { must(b, socket.Close()) }()
		events, err := socket.Follow(chatID, "")
		must(b, err)
		await(b, events, "ChatSnapshot", "")
		var first, last time.Duration
		for b.Loop() {
			began := time.Now()
			sent, err := c.Send(b.Context(), chatID, "[sandbox:echo] a short answer, please", uuid.NewString())
			must(b, err)
			await(b, events, "ReplyDelta", sent.ReplyID)
			first += time.Since(began)
			await(b, events, "ReplyEnded", sent.ReplyID)
			last += time.Since(began)
		}
		b.ReportMetric(float64(first.Microseconds())/float64(b.N)/1000, "ms-to-first-piece")
		b.ReportMetric(float64(last.Microseconds())/float64(b.N)/1000, "ms-to-end")
	})
}

// await reads events until one of the type, of the message when it is named.
func await(b *testing.B, events <-chan json.RawMessage, typename, messageID string) {
	b.Helper()
	for payload := range events {
		e, err := client.EventOf(payload)
		must(b, err)
		if e.Typename == typename && (messageID == "" || e.MessageID == messageID) {
			return
		}
	}
	b.Fatalf("the subscription ended before %s", typename)
}

// BenchmarkFanout is one reply of 400 tokens read by many subscribers of its chat.
func BenchmarkFanout(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("subscribers=%d", n), func(b *testing.B) {
			each(b, func(b *testing.B, c *client.Client) { fanout(b, c, n) })
		})
	}
}

// subscriptionsPerSocket keeps within the sockets one person may open.
const subscriptionsPerSocket = 25

func fanout(b *testing.B, c *client.Client, n int) {
	chatID, err := c.NewChat(b.Context(), uuid.NewString())
	must(b, err)
	var streams []<-chan json.RawMessage
	for len(streams) < n {
		socket, err := c.Dial(b.Context())
		must(b, err)
		b.Cleanup(func() { must(b, socket.Close()) })
		for i := 0; i < subscriptionsPerSocket && len(streams) < n; i++ {
			events, err := socket.Follow(chatID, "")
			must(b, err)
			await(b, events, "ChatSnapshot", "")
			streams = append(streams, events)
		}
	}
	for b.Loop() {
		sent, err := c.Send(b.Context(), chatID, "[sandbox:tokens=400] go on", uuid.NewString())
		must(b, err)
		var all sync.WaitGroup
		for _, events := range streams {
			all.Go(func() { await(b, events, "ReplyEnded", sent.ReplyID) })
		}
		all.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/subscriber")
}

// BenchmarkRead is what the app asks for when it opens: a sidebar of 100 chats, and a page of 50 messages.
func BenchmarkRead(b *testing.B) {
	each(b, func(b *testing.B, c *client.Client) {
		chatID := fill(b, c)
		b.Run("sidebar", func(b *testing.B) {
			read(b, c, `{ viewer { chats(first: 100) { nodes { id title isPinned lastActivityAt folder { id name } } pageInfo { hasNextPage endCursor } } } }`, nil)
		})
		b.Run("messages", func(b *testing.B) {
			read(b, c, `query ($id: ID!) { node(id: $id) { ... on Chat { messages(last: 50) { nodes { id role status text createdAt usage { outputTokens } } } } } }`,
				map[string]any{"id": chatID})
		})
	})
}

func read(b *testing.B, c *client.Client, query string, variables map[string]any) {
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := c.Do(b.Context(), query, variables, nil); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// fill makes 100 chats, one of them with 25 exchanges, and returns that one.
func fill(b *testing.B, c *client.Client) string {
	b.Helper()
	var chatID string
	for range 100 {
		id, err := c.NewChat(b.Context(), uuid.NewString())
		must(b, err)
		chatID = id
	}
	socket, err := c.Dial(b.Context())
	must(b, err)
	defer func() { must(b, socket.Close()) }()
	events, err := socket.Follow(chatID, "")
	must(b, err)
	for range 25 {
		sent, err := c.Send(b.Context(), chatID, "[sandbox:echo] what is there to read on a page of messages?", uuid.NewString())
		must(b, err)
		await(b, events, "ReplyEnded", sent.ReplyID)
	}
	return chatID
}
