package ws_test

import (
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/graph/ws"
)

// spy is an Observer that counts.
type spy struct {
	opened, running, operations, received, frames, bytes atomic.Int64
	closed                                               chan int
}

func newSpy() *spy { return &spy{closed: make(chan int, 10000)} }

func (s *spy) SocketOpened()         { s.opened.Add(1) }
func (s *spy) SocketClosed(code int) { s.opened.Add(-1); s.closed <- code }
func (s *spy) OperationStarted(ast.Operation) {
	s.operations.Add(1)
	s.running.Add(1)
}
func (s *spy) OperationEnded(ast.Operation) { s.running.Add(-1) }
func (s *spy) Received(bytes int)           { s.received.Add(int64(bytes)) }
func (s *spy) Sent(frames, bytes int) {
	s.frames.Add(int64(frames))
	s.bytes.Add(int64(bytes))
}

func TestObserver(t *testing.T) {
	t.Parallel()
	seen := newSpy()
	w := newWorld(t, &ws.Transport{Observer: seen})
	c := w.join(t)
	c.subscribe("1", "subscription { feed }")
	receive(t, w.started, "start")
	c.subscribe("2", "{ no }")
	c.want(`{"id":"2","type":"error"}`)
	if opened, running := seen.opened.Load(), seen.running.Load(); opened != 1 || running != 1 {
		t.Errorf("%d sockets and %d operations, want 1 and 1", opened, running)
	}
	c.leave()
	receive(t, w.ended, "end of the operation's context")
	if code := receive(t, seen.closed, "close"); code != websocket.CloseNormalClosure {
		t.Errorf("closed with %d, want 1000", code)
	}
	if n := seen.operations.Load(); n != 1 {
		t.Errorf("%d operations, want the valid one alone", n)
	}
	if got := seen.received.Load(); got < int64(len(hello)) {
		t.Errorf("%d bytes received", got)
	}
	if frames, bytes := seen.frames.Load(), seen.bytes.Load(); frames < 2 || bytes < int64(len(ack)) {
		t.Errorf("%d frames of %d bytes sent", frames, bytes)
	}
}
