package ws_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/graph/ws"
)

func TestHandshake(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		offered []string
		code    int
	}{
		"no subprotocol":        {nil, ws.CloseSubprotocol},
		"the older subprotocol": {[]string{"graphql-ws"}, ws.CloseSubprotocol},
		"both":                  {[]string{"graphql-ws", ws.Subprotocol}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t, &ws.Transport{}).dialWith(t, websocket.Dialer{Subprotocols: tc.offered}, nil)
			if tc.code == 0 {
				c.greet()
				return
			}
			c.closes(tc.code, "Subprotocol not acceptable")
		})
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	listed := func(r *http.Request) bool { return r.Header.Get("Origin") == "https://weav.example" }
	for name, tc := range map[string]struct {
		check  func(*http.Request) bool
		origin string
		status int
	}{
		"listed":         {listed, "https://weav.example", http.StatusSwitchingProtocols},
		"not listed":     {listed, "https://evil.example", http.StatusForbidden},
		"default, other": {nil, "https://evil.example", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, &ws.Transport{CheckOrigin: tc.check})
			conn, resp, err := websocket.DefaultDialer.Dial(w.url, http.Header{"Origin": {tc.origin}})
			if err == nil {
				t.Cleanup(func() { _ = conn.Close() })
			}
			defer resp.Body.Close()
			if resp.StatusCode != tc.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
			}
		})
	}
}

func TestSupports(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/graphql", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if (&ws.Transport{}).Supports(r) {
		t.Error("a plain request is supported")
	}
	r.Header = http.Header{"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"WebSocket"}}
	if !(&ws.Transport{}).Supports(r) {
		t.Error("an upgrade is not supported")
	}
}

func TestMessageSize(t *testing.T) {
	t.Parallel()
	const limit = 1000
	w := newWorld(t, &ws.Transport{MaxMessageBytes: limit})
	const empty = `{"type":"ping","payload":{"a":""}}`
	exact := strings.Replace(empty, `""`, `"`+strings.Repeat("x", limit-len(empty))+`"`, 1)
	c := w.join(t)
	c.send(exact)
	c.want(`{"type":"pong"}`)
	c.send(exact + " ")
	c.closes(websocket.CloseMessageTooBig, "Message is larger than 1000 bytes")
}

func TestMessageSizeOfFragments(t *testing.T) {
	t.Parallel()
	c := newWorld(t, &ws.Transport{}).join(t)
	message, err := c.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		t.Fatal(err)
	}
	// More than the limit and than all buffers: the reason arrives though the server does not read it all.
	if _, err := io.CopyN(message, endless{}, 4*ws.DefaultMaxMessageBytes); err != nil {
		t.Fatal(err)
	}
	c.closes(websocket.CloseMessageTooBig, "")
}

// endless reads as the letter x.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// Results of all sizes pass: those around the steps of a frame's length, and one larger
// than the outbox.
func TestResultSizes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{})
	for _, size := range []int{0, 60, 61, 62, 63, 64, 65, 66, 67, 68, 0xFFFF - 64, 0xFFFF, 0x10000, 2 * ws.DefaultOutboxBytes} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			c := w.join(t)
			c.subscribe("1", fmt.Sprintf("subscription { flood(bytes: %d) }", size))
			for range 3 {
				c.want(`{"id":"1","type":"next","payload":{"data":{"flood":"` + strings.Repeat("x", size) + `"}}}`)
			}
		})
	}
}

func TestSubscriptionsOfOneSocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{})
	c := w.join(t)
	for i := range ws.DefaultMaxSubscriptions {
		c.subscribe(fmt.Sprint(i), "subscription { silent }")
	}
	c.subscribe("more", "{ echo }")
	c.want(`{"id":"more","type":"error","payload":[{"message":"At most 50 operations run at once on one socket.",
		"extensions":{"code":"RATE_LIMITED","httpStatus":429,"retryable":true}}]}`)
	c.quiet()

	c.send(`{"id":"7","type":"complete"}`)
	c.subscribe("more", "{ echo }")
	c.want(`{"id":"more","type":"next"}`)
	c.want(`{"id":"more","type":"complete"}`)
	c.quiet()
}

func TestStoppedOperationsDoNotPileUp(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	w := newWorld(t, &ws.Transport{MaxSubscriptions: 2, OperationContext: func(ctx context.Context, id string) context.Context {
		if id == "stuck" {
			<-stuck // As an operation that does not heed its context.
		}
		return ctx
	}})
	t.Cleanup(func() { close(stuck) })
	c := w.join(t)
	for range 4 {
		c.subscribe("stuck", "subscription { silent }")
		c.send(`{"id":"stuck","type":"complete"}`)
	}
	c.quiet()
	c.subscribe("1", "subscription { silent }")
	c.want(`{"id":"1","type":"error","payload":[{"extensions":{"code":"RATE_LIMITED"}}]}`)
}

func TestErrorsOfOneDocument(t *testing.T) {
	t.Parallel()
	c := newWorld(t, &ws.Transport{}).join(t)
	c.subscribe("1", "{"+strings.Repeat(" no", 50)+"}")
	c.want(`{"id":"1","type":"error","payload":[{},{},{},{},{},{},{},{},{},{}]}`)
}

func TestOperationContextEnds(t *testing.T) {
	t.Parallel()
	given := make(chan context.Context, 1)
	w := newWorld(t, &ws.Transport{OperationContext: func(ctx context.Context, _ string) context.Context {
		given <- ctx
		return ctx
	}})
	c := w.join(t)
	c.subscribe("1", "{ echo }")
	ctx := receive(t, given, "context")
	receive(t, ctx.Done(), "end of the context of an operation that completed")
}

func TestOperationContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{OperationContext: func(ctx context.Context, id string) context.Context {
		return gqlerr.WithRequestID(ctx, "op-"+id)
	}})
	w.join(t).play([]string{
		subscribe("1", "{ requestId }"), `< {"id":"1","type":"next","payload":{"data":{"requestId":"op-1"}}}`, `< {"id":"1","type":"complete"}`,
		subscribe("2", "{ no }"), `< {"id":"2","type":"error","payload":[{"extensions":{"requestId":"op-2"}}]}`,
	})
}

func TestOperationDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{OperationContext: func(ctx context.Context, _ string) context.Context {
		ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		context.AfterFunc(ctx, cancel)
		return ctx
	}})
	w.join(t).play([]string{
		subscribe("1", "{ waits }"),
		`< {"id":"1","type":"error","payload":[{"extensions":{"code":"UNAVAILABLE","retryable":true}}]}`, "=",
	})
}
