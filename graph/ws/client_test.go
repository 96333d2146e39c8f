package ws_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/graph/ws"
)

// patience is how long a test waits for what must come at once.
const patience = 20 * time.Second

const (
	hello = `{"type":"connection_init"}`
	ack   = `{"type":"connection_ack"}`
)

// client speaks the protocol by hand.
type client struct {
	t    testing.TB
	conn *websocket.Conn
}

// dial opens a socket without a connection_init.
func (w *world) dial(tb testing.TB) *client {
	tb.Helper()
	return w.dialWith(tb, websocket.Dialer{Subprotocols: []string{ws.Subprotocol}}, nil)
}

// join opens a socket and waits for its acknowledgement.
func (w *world) join(tb testing.TB) *client {
	tb.Helper()
	c := w.dial(tb)
	c.greet()
	return c
}

func (w *world) dialWith(tb testing.TB, dialer websocket.Dialer, header http.Header) *client {
	tb.Helper()
	if dialer.NetDial == nil {
		dialer.NetDial = func(network, address string) (net.Conn, error) {
			conn, err := net.Dial(network, address)
			if tcp, ok := conn.(*net.TCPConn); ok && w.buffer > 0 {
				err = tcp.SetReadBuffer(w.buffer)
			}
			return conn, err
		}
	}
	conn, resp, err := dialer.Dial(w.url, header)
	if err != nil {
		tb.Fatalf("dial: %v", err)
	}
	_ = resp.Body.Close()
	tb.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	return &client{tb, conn}
}

func (c *client) greet() {
	c.t.Helper()
	c.send(hello)
	c.want(ack)
}

func (c *client) send(text string) {
	c.t.Helper()
	c.sendAs(websocket.TextMessage, text)
}

func (c *client) sendAs(kind int, text string) {
	c.t.Helper()
	if err := c.conn.WriteMessage(kind, []byte(text)); err != nil {
		c.t.Fatalf("send %.80s: %v", text, err)
	}
}

func (c *client) subscribe(id, query string) {
	c.t.Helper()
	c.send(fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":{"query":%q}}`, id, query))
}

// read returns the next message.
func (c *client) read() string {
	c.t.Helper()
	_, text, err := c.conn.ReadMessage()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return string(text)
}

// want wants the next message to hold what the JSON object text holds; it may hold more.
func (c *client) want(text string) {
	c.t.Helper()
	got := c.read()
	var want, have any
	if err := errors.Join(json.Unmarshal([]byte(text), &want), json.Unmarshal([]byte(got), &have)); err != nil {
		c.t.Fatalf("%v in\n%s\n%s", err, text, got)
	}
	if !holds(have, want) {
		c.t.Fatalf("got  %s\nwant %s", got, text)
	}
}

// quiet wants nothing to be on its way to the client.
func (c *client) quiet() {
	c.t.Helper()
	c.send(`{"type":"ping","payload":{"quiet":true}}`)
	c.want(`{"type":"pong","payload":{"quiet":true}}`)
}

// closes wants the socket to be closed next, with a code and, if one is given, a reason.
func (c *client) closes(code int, reason string) {
	c.t.Helper()
	_, text, err := c.conn.ReadMessage()
	var closing *websocket.CloseError
	if !errors.As(err, &closing) {
		c.t.Fatalf("got %.200s %v, want close %d", text, err, code)
	}
	if closing.Code != code || reason != "" && closing.Text != reason {
		c.t.Fatalf("closed %d %q, want %d %q", closing.Code, closing.Text, code, reason)
	}
}

// play runs a script: "> text" sends, "b text" sends as binary, "< json" wants a message,
// "x code reason" wants the close, "=" wants silence.
func (c *client) play(script []string) {
	c.t.Helper()
	for _, line := range script {
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case ">":
			c.send(rest)
		case "b":
			c.sendAs(websocket.BinaryMessage, rest)
		case "<":
			c.want(rest)
		case "x":
			code, reason, _ := strings.Cut(rest, " ")
			n, _ := strconv.Atoi(code)
			c.closes(n, reason)
		case "=":
			c.quiet()
		default:
			c.t.Fatalf("no such line: %s", line)
		}
	}
}

// holds reports whether have is want but for further entries of objects. A null in an
// object of want stands for an entry that must be absent or null.
func holds(have, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		object, ok := have.(map[string]any)
		if !ok {
			return false
		}
		for key, value := range want {
			if !holds(object[key], value) {
				return false
			}
		}
		return true
	case []any:
		list, ok := have.([]any)
		if !ok || len(list) != len(want) {
			return false
		}
		for i := range want {
			if !holds(list[i], want[i]) {
				return false
			}
		}
		return true
	default:
		return reflect.DeepEqual(have, want)
	}
}

// receive waits for a value, or fails the test.
func receive[T any](tb testing.TB, from <-chan T, what string) T {
	tb.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		tb.Fatalf("no %s", what)
		panic("unreachable")
	}
}
