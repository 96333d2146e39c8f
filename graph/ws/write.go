package ws

import (
	"errors"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// lingering is how long a closed socket waits for the client's close frame before the
	// connection is cut: a cut with input unread would destroy the code on its way.
	lingering = 3 * time.Second
	// chunk is how much must leave within WriteTimeout. Without it a large result on a
	// slow line would count as stuck.
	chunk = 32 << 10
)

var pingFrame = appendHeader(nil, websocket.PingMessage, 0)

// write sends what the outbox holds until its end, then closes the connection.
func (s *socket) write() {
	defer close(s.unwritable)
	defer func() { _ = s.conn.Close() }() // The connection is gone: its error helps no one.
	ping := time.NewTicker(s.t.pingInterval())
	defer ping.Stop()
	for {
		select {
		case <-s.out.wake:
			if last, err := s.flush(); last || err != nil {
				return
			}
		case <-ping.C:
			if _, err := s.send(pingFrame, s.t.writeTimeout()); err != nil {
				s.stuck(pingFrame, 0, err)
				return
			}
		}
	}
}

// flush writes all that is queued.
func (s *socket) flush() (last bool, err error) {
	b, last := s.out.take()
	if b != nil {
		defer s.out.sent(b)
		n, err := s.send(b.bytes, s.t.writeTimeout())
		if err != nil {
			s.stuck(b.bytes, n, err)
			return last, err
		}
		s.t.observer().Sent(len(b.marks), len(b.bytes))
	}
	if last && b != nil {
		s.linger()
	}
	return last, nil
}

// send writes p in chunks, each within timeout.
func (s *socket) send(p []byte, timeout time.Duration) (sent int, err error) {
	conn := s.conn.NetConn()
	for sent < len(p) {
		if err := conn.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
			return sent, err
		}
		n, err := conn.Write(p[sent:min(len(p), sent+chunk)])
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// stuck ends the socket after a failed write that sent n bytes of batch. A client that
// reads again in the last moment gets the frame that was cut, and the reason.
func (s *socket) stuck(batch []byte, n int, err error) {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		s.close(websocket.CloseAbnormalClosure, "")
		return
	}
	s.close(websocket.CloseTryAgainLater, "Too slow to read")
	rest := append([]byte(nil), batch[n:frameEnd(batch, n)]...)
	if final, _ := s.out.take(); final != nil {
		rest = append(rest, final.bytes...)
	}
	if _, err := s.send(rest, lingering); err == nil {
		s.linger()
	}
}

// linger waits for the client's side of the closing handshake.
func (s *socket) linger() {
	timer := time.NewTimer(lingering)
	defer timer.Stop()
	select {
	case <-s.unreadable:
	case <-s.courtesy.Done():
	case <-timer.C:
	}
}
