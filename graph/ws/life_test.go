package ws_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/graph/ws"
)

// leave closes the socket as a client does, and waits for the answer.
func (c *client) leave() {
	c.t.Helper()
	c.goodbye(websocket.CloseNormalClosure)
	c.closes(websocket.CloseNormalClosure, "")
}

func (c *client) goodbye(code int) {
	c.t.Helper()
	if err := c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
}

func TestCompleteCancels(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{})
	c := w.join(t)
	c.subscribe("1", "subscription { feed }")
	w.feed <- "a"
	c.want(`{"id":"1","type":"next","payload":{"data":{"feed":"a"}}}`)
	c.send(`{"id":"1","type":"complete"}`)
	receive(t, w.started, "start")
	receive(t, w.ended, "end of the operation's context")
	c.quiet()
}

func TestOperationsRunSideBySide(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{})
	c := w.join(t)
	c.subscribe("slow", "{ waits }")
	receive(t, w.started, "start")
	c.subscribe("sub", "subscription { feed }")
	w.feed <- "a"
	c.want(`{"id":"sub","type":"next"}`)
	c.subscribe("quick", "{ echo }")
	c.want(`{"id":"quick","type":"next"}`)
	c.want(`{"id":"quick","type":"complete"}`)
	w.feed <- "b"
	c.want(`{"id":"sub","type":"next","payload":{"data":{"feed":"b"}}}`)
}

// The server cuts the connection when the client has answered its close frame: earlier, the
// code might be lost on its way; later, browsers would wait.
func TestClosingHandshake(t *testing.T) {
	t.Parallel()
	c := newWorld(t, &ws.Transport{}).join(t)
	c.conn.SetCloseHandler(func(int, string) error { return nil })
	c.send(hello)
	c.closes(ws.CloseTooManyInitRequest, "")
	tcp := c.conn.NetConn()
	_ = tcp.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := tcp.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("read: %v, want the connection kept for the answer", err)
	}
	c.goodbye(ws.CloseTooManyInitRequest)
	c.cut()
}

// cut wants the connection to end now, not after the server has waited for the client.
func (c *client) cut() {
	c.t.Helper()
	tcp := c.conn.NetConn()
	_ = tcp.SetReadDeadline(time.Now().Add(time.Second))
	if _, err := tcp.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		c.t.Fatalf("read: %v, want the connection cut at once", err)
	}
}

func TestLeavingCancels(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*client){
		"with a close frame":    func(c *client) { c.leave() },
		"with another code":     func(c *client) { c.goodbye(4999); c.closes(4999, "") },
		"by cutting the socket": func(c *client) { _ = c.conn.NetConn().Close() },
		"by a broken frame": func(c *client) {
			_, _ = c.conn.NetConn().Write([]byte{0xFF, 0x80, 0, 0, 0, 0})
			c.closes(websocket.CloseProtocolError, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, &ws.Transport{})
			c := w.join(t)
			c.subscribe("1", "subscription { feed }")
			receive(t, w.started, "start")
			leave(c)
			receive(t, w.ended, "end of the operation's context")
		})
	}
}

func TestControlFrames(t *testing.T) {
	t.Parallel()
	c := newWorld(t, &ws.Transport{PingInterval: 30 * time.Millisecond}).join(t)
	pings, pongs := make(chan string, 100), make(chan string, 100)
	c.conn.SetPingHandler(func(payload string) error {
		pings <- payload
		return c.conn.WriteControl(websocket.PongMessage, []byte(payload), time.Now().Add(patience))
	})
	c.conn.SetPongHandler(func(payload string) error {
		pongs <- payload
		return nil
	})
	if err := c.conn.WriteControl(websocket.PingMessage, []byte("hi"), time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _, _ = c.conn.ReadMessage() }() // Reading is what calls the handlers.
	if got := receive(t, pongs, "pong"); got != "hi" {
		t.Errorf("pong %q, want hi", got)
	}
	// Alive for many intervals by answering pings alone.
	for range 8 {
		receive(t, pings, "ping")
	}
}

func TestDeadPeer(t *testing.T) {
	t.Parallel()
	seen := newSpy()
	w := newWorld(t, &ws.Transport{PingInterval: 30 * time.Millisecond, Observer: seen})
	c := w.join(t)
	c.conn.SetPingHandler(func(string) error { return nil })
	_, _, err := c.conn.ReadMessage()
	var timeout net.Error
	if err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatalf("read: %v, want the connection cut", err)
	}
	if code := receive(t, seen.closed, "close"); code != websocket.CloseAbnormalClosure {
		t.Errorf("closed with %d, want 1006", code)
	}
}
