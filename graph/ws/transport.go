package ws

import (
	"bufio"
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
)

// Subprotocol is the only one a socket may speak.
const Subprotocol = "graphql-transport-ws"

// Defaults of a Transport's limits.
const (
	DefaultInitTimeout      = 10 * time.Second
	DefaultPingInterval     = 25 * time.Second
	DefaultWriteTimeout     = 10 * time.Second
	DefaultSpread           = 5 * time.Second
	DefaultMaxMessageBytes  = 128 << 10
	DefaultMaxSubscriptions = 50
	DefaultMaxSockets       = 10
	DefaultOutboxBytes      = 256 << 10
)

// Transport is a graphql.Transport for WebSockets. Set its fields before its first use
// and add it to a handler as a pointer. A limit left zero has its default.
type Transport struct {
	// CheckOrigin decides on the Origin of a handshake. Nil accepts the request's own
	// host, and clients that send none, which browsers always do.
	CheckOrigin func(*http.Request) bool
	// Init authenticates a socket by the payload of its connection_init, which is nil if
	// the client sent none, and by the request of its handshake. ctx ends with the socket;
	// the context Init returns, derived from it, is the one of all operations. An error
	// closes the socket with 4403; an *errs.Error with the code UNAVAILABLE, which says
	// nothing of the client, with 1013. Nil admits everybody.
	Init func(ctx context.Context, r *http.Request, payload map[string]any) (context.Context, Session, error)
	// OperationContext derives the context of one operation; id is the client's, unique
	// among the active operations of the socket only. Nil leaves the context as it is.
	OperationContext func(ctx context.Context, id string) context.Context
	// Observer may be nil.
	Observer Observer
	// Logger gets what goes wrong outside of operations. Nil discards it.
	Logger *slog.Logger

	// InitTimeout is how long a new socket may take to send connection_init.
	InitTimeout time.Duration
	// PingInterval is the time between two pings. A socket from which nothing came for
	// two and a half of it, so that two pings went unanswered, is dead.
	PingInterval time.Duration
	// WriteTimeout is how long a write may be stuck.
	WriteTimeout time.Duration
	// Spread is the time over which Shutdown closes the sockets.
	Spread time.Duration
	// MaxMessageBytes bounds a message of a client.
	MaxMessageBytes int
	// MaxSubscriptions bounds the active operations of a socket, queries and mutations
	// included. One more is answered by an error RATE_LIMITED.
	MaxSubscriptions int
	// MaxSockets bounds the sockets of one Session.Key that has no bound of its own.
	MaxSockets int
	// OutboxBytes bounds what is queued for a socket. A larger message passes alone.
	OutboxBytes int

	sockets sockets
	seats   seats
}

var _ graphql.Transport = (*Transport)(nil)

// Supports implements graphql.Transport.
func (t *Transport) Supports(r *http.Request) bool { return IsHandshake(r) }

// IsHandshake says whether a request asks to become a socket, by the same reading of its headers as the handshake's own: they are
// lists, and a comparison with one word misses some.
func IsHandshake(r *http.Request) bool { return websocket.IsWebSocketUpgrade(r) }

// Do implements graphql.Transport. It returns when the socket is closed and all of its
// operations have ended.
func (t *Transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if t.sockets.closing() {
		w.Header().Set("Retry-After", "1")
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	upgrader := websocket.Upgrader{
		Subprotocols:     []string{Subprotocol},
		CheckOrigin:      t.CheckOrigin,
		HandshakeTimeout: t.writeTimeout(),
	}
	conn, err := upgrader.Upgrade(hijacker{w}, r, nil)
	if err != nil {
		return // gorilla has answered.
	}
	s := newSocket(t, conn, r, exec)
	if !t.sockets.add(s) {
		s.close(websocket.CloseServiceRestart, reasonRestart)
	}
	defer t.sockets.remove(s)
	s.serve()
}

// hijacker finds the connection below middleware that wraps the writer, which gorilla
// does not look for.
type hijacker struct{ http.ResponseWriter }

// Hijack implements http.Hijacker.
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(h.ResponseWriter).Hijack()
}

func (t *Transport) writeTimeout() time.Duration { return cmp.Or(t.WriteTimeout, DefaultWriteTimeout) }

func (t *Transport) pingInterval() time.Duration { return cmp.Or(t.PingInterval, DefaultPingInterval) }

func (t *Transport) observer() Observer {
	if t.Observer == nil {
		return unobserved{}
	}
	return t.Observer
}

func (t *Transport) logger() *slog.Logger {
	if t.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return t.Logger
}
