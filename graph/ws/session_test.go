package ws_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/graph/ws"
	"github.com/weav-ai/weav/internal/errs"
)

type initFunc = func(context.Context, *http.Request, map[string]any) (context.Context, ws.Session, error)

// admits returns an Init that lets everybody in as one session.
func admits(session ws.Session) initFunc {
	return func(ctx context.Context, _ *http.Request, _ map[string]any) (context.Context, ws.Session, error) {
		return ctx, session, nil
	}
}

func fails(err error) initFunc {
	return func(context.Context, *http.Request, map[string]any) (context.Context, ws.Session, error) {
		return nil, ws.Session{}, err
	}
}

func TestInitRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		init   initFunc
		code   int
		reason string
	}{
		"an untyped error": {fails(errors.New("bad token")), ws.CloseForbidden, "Forbidden"},
		"a typed error":    {fails(errs.New(errs.Unauthenticated, "Sign in.")), ws.CloseForbidden, "Forbidden"},
		"the check failed": {fails(errs.New(errs.Unavailable, "No database.")), websocket.CloseTryAgainLater, "Try again later"},
		"a panic": {func(context.Context, *http.Request, map[string]any) (context.Context, ws.Session, error) {
			panic("a bug")
		}, websocket.CloseTryAgainLater, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t, &ws.Transport{Init: tc.init}).dial(t)
			c.send(hello)
			c.closes(tc.code, tc.reason)
		})
	}
}

func TestInitSees(t *testing.T) {
	t.Parallel()
	seen := make(chan map[string]any, 1)
	w := newWorld(t, &ws.Transport{Init: func(ctx context.Context, r *http.Request, payload map[string]any) (context.Context, ws.Session, error) {
		payload["header"] = r.Header.Get("X-Test")
		seen <- payload
		return gqlerr.WithRequestID(ctx, "from-init"), ws.Session{}, nil
	}})
	c := w.dialWith(t, websocket.Dialer{Subprotocols: []string{ws.Subprotocol}}, http.Header{"X-Test": {"yes"}})
	c.play([]string{
		`> {"type":"connection_init","payload":{"authorization":"Bearer x"}}`, "< " + ack,
		subscribe("1", "{ requestId }"), `< {"id":"1","type":"next","payload":{"data":{"requestId":"from-init"}}}`,
	})
	want := map[string]any{"authorization": "Bearer x", "header": "yes"}
	if diff := cmp.Diff(want, receive(t, seen, "payload")); diff != "" {
		t.Errorf("payload (-want +got):\n%s", diff)
	}
}

// Operations end with their socket even if Init gave them a context that does not.
func TestInitReturnsAContextOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{Init: func(ctx context.Context, _ *http.Request, _ map[string]any) (context.Context, ws.Session, error) {
		return context.WithoutCancel(ctx), ws.Session{}, nil
	}})
	c := w.join(t)
	c.subscribe("1", "subscription { feed }")
	receive(t, w.started, "start")
	c.leave()
	receive(t, w.ended, "end of the operation's context")
}

func TestBeforeAcknowledgement(t *testing.T) {
	t.Parallel()
	for name, script := range map[string][]string{
		"subscribe closes 4401":    {subscribe("1", "{ echo }"), "x 4401 Unauthorized"},
		"another init closes 4429": {"> " + hello, "x 4429 Too many initialisation requests"},
		"ping is answered":         {"="},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked, left := make(chan struct{}), make(chan struct{})
			w := newWorld(t, &ws.Transport{Init: func(ctx context.Context, _ *http.Request, _ map[string]any) (context.Context, ws.Session, error) {
				close(asked)
				<-ctx.Done()
				close(left)
				return ctx, ws.Session{}, nil
			}})
			c := w.dial(t)
			c.send(hello)
			receive(t, asked, "Init")
			c.play(script)
			_ = c.conn.Close()
			receive(t, left, "end of Init's context when the client left")
		})
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	revoked := make(chan struct{})
	for name, tc := range map[string]struct {
		session func() ws.Session
		end     func()
	}{
		"by expiry":     {func() ws.Session { return ws.Session{Expires: time.Now().Add(300 * time.Millisecond)} }, func() {}},
		"by revocation": {func() ws.Session { return ws.Session{Key: "user", Done: revoked} }, func() { close(revoked) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, &ws.Transport{Init: admits(tc.session())})
			c := w.join(t)
			c.subscribe("1", "subscription { feed }")
			receive(t, w.started, "start")
			tc.end()
			c.closes(ws.CloseForbidden, "Forbidden")
			receive(t, w.ended, "end of the operation's context")
		})
	}
}

func TestInitTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{InitTimeout: 50 * time.Millisecond})
	w.dial(t).closes(ws.CloseInitTimeout, "Connection initialisation timeout")
}

func TestInitTimeoutStopsWithInit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{InitTimeout: 100 * time.Millisecond, PingInterval: 200 * time.Millisecond})
	c := w.join(t)
	pinged := errors.New("a ping") // It comes later than the timeout would.
	c.conn.SetPingHandler(func(string) error { return pinged })
	if _, _, err := c.conn.ReadMessage(); !errors.Is(err, pinged) {
		t.Errorf("read: %v, want a ping", err)
	}
}

func TestSocketsOfOnePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{MaxSockets: 2, Init: func(ctx context.Context, _ *http.Request, payload map[string]any) (context.Context, ws.Session, error) {
		key, _ := payload["key"].(string)
		return ctx, ws.Session{Key: key}, nil
	}})
	as := func(key string) *client {
		c := w.dial(t)
		c.send(`{"type":"connection_init","payload":{"key":"` + key + `"}}`)
		return c
	}
	first := as("mina")
	first.want(ack)
	as("mina").want(ack)
	as("mina").closes(ws.CloseTooManyInitRequest, "Too many sockets")
	as("jun").want(ack)
	for range 3 { // An unknown client has no limit.
		as("").want(ack)
	}

	// The seat is free at the latest when the closing handshake is over.
	first.leave()
	as("mina").want(ack)
}

func TestSocketsOfOnePlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{MaxSockets: 1, Init: admits(ws.Session{Key: "a place", MaxSockets: 3})})
	for range 3 { // More than the transport's own bound, which is for people.
		w.join(t)
	}
	c := w.dial(t)
	c.send(hello)
	c.closes(ws.CloseTooManyInitRequest, "Too many sockets")
}
