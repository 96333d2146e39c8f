package ws

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gorilla/websocket"
)

// Reasons that more than one place gives.
const (
	reasonForbidden = "Forbidden"
	reasonRestart   = "Service restart"
)

// phase is how far a socket has come.
type phase int

const (
	fresh   phase = iota // connection_init has not come
	joining              // Init is at work
	open                 // connection_ack is queued
	closed               // a close code is settled
)

// socket is one connection. The goroutine of its HTTP request reads, another one writes,
// a third one keeps the session, and each operation has one.
type socket struct {
	t       *Transport
	exec    graphql.GraphExecutor
	request *http.Request
	conn    *websocket.Conn
	out     *outbox
	// root ends when the socket closes.
	root context.Context
	stop context.CancelFunc
	// courtesy ends when a closed socket shall no longer wait for the client's answer.
	courtesy context.Context
	cut      context.CancelFunc
	// unreadable is closed when the reader has ended, unwritable when the writer has.
	unreadable, unwritable chan struct{}
	// work counts the session and the operations. Only the reader adds to it.
	work sync.WaitGroup

	mu      sync.Mutex
	phase   phase
	code    int
	ctx     context.Context // of the operations
	cancel  context.CancelFunc
	active  map[string]*operation
	running int // operations that have not returned: the active ones and those just left
}

func newSocket(t *Transport, conn *websocket.Conn, r *http.Request, exec graphql.GraphExecutor) *socket {
	root, stop := context.WithCancel(r.Context())
	courtesy, cut := context.WithCancel(context.WithoutCancel(root))
	return &socket{
		t: t, exec: exec, request: r, conn: conn,
		out:  newOutbox(cmp.Or(t.OutboxBytes, DefaultOutboxBytes)),
		root: root, stop: stop, cancel: func() {},
		courtesy: courtesy, cut: cut,
		unreadable: make(chan struct{}), unwritable: make(chan struct{}),
		active: map[string]*operation{},
	}
}

// serve runs the socket to its end.
func (s *socket) serve() {
	s.t.observer().SocketOpened()
	timeout := time.AfterFunc(cmp.Or(s.t.InitTimeout, DefaultInitTimeout), s.initTimedOut)
	defer timeout.Stop()
	defer context.AfterFunc(s.request.Context(), func() { s.close(websocket.CloseServiceRestart, reasonRestart) })()
	if s.conn.Subprotocol() != Subprotocol {
		s.close(CloseSubprotocol, "Subprotocol not acceptable")
	}
	go s.write()
	defer s.settle() // A panic of a hook ends the socket too.
	s.read()
}

// settle waits for all that serve has started.
func (s *socket) settle() {
	close(s.unreadable)
	s.close(websocket.CloseAbnormalClosure, "")
	<-s.unwritable
	s.t.observer().SocketClosed(s.closeCode())
	s.work.Wait()
}

// close ends the socket with a code; the first one counts. Operations are canceled, and
// what is queued is dropped, but on a restart: that is no fault of what it answers.
func (s *socket) close(code int, reason string) {
	s.mu.Lock()
	if s.phase == closed {
		s.mu.Unlock()
		return
	}
	s.phase, s.code = closed, code
	cancel := s.cancel
	s.mu.Unlock()
	// The outbox ends first: no operation reports its own cancellation.
	s.out.finish(code == websocket.CloseServiceRestart, closeFrame(code, reason))
	s.stop()
	cancel()
}

func (s *socket) closeCode() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.code
}

func (s *socket) initTimedOut() {
	if s.current() == fresh {
		s.close(CloseInitTimeout, "Connection initialisation timeout")
	}
}

func (s *socket) current() phase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase
}

// enter moves the socket from one phase to the next; false if it was not in that phase.
func (s *socket) enter(from, to phase) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != from {
		return false
	}
	s.phase = to
	return true
}

// admit acknowledges the connection. From here on operations may come, and none of them
// can be answered before the acknowledgement.
func (s *socket) admit(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != joining {
		return
	}
	s.phase = open
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.out.push(nil, []byte(`{"type":"`+typeAck+`"}`))
}
