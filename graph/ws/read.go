package ws

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

// read takes messages until the connection cannot be read any more. Once the socket is
// closing it only waits for the client's close frame.
func (s *socket) read() {
	s.handleControl()
	for {
		s.alive()
		kind, r, err := s.conn.NextReader()
		if err != nil {
			s.lost(err)
			return
		}
		if s.current() == closed {
			continue
		}
		if err := s.receive(kind, r); err != nil {
			s.end(err)
		}
	}
}

// handleControl has all control frames answered by the writer, where gorilla would write
// from the reader's goroutine.
func (s *socket) handleControl() {
	s.conn.SetPongHandler(func(string) error {
		s.alive()
		return nil
	})
	s.conn.SetPingHandler(func(payload string) error {
		s.alive()
		s.out.answerPing(payload)
		return nil
	})
	s.conn.SetCloseHandler(func(int, string) error { return nil })
}

// alive gives the client the time of two and a half pings from now.
func (s *socket) alive() {
	interval := s.t.pingInterval()
	_ = s.conn.SetReadDeadline(time.Now().Add(2*interval + interval/2)) // A failure shows at the next read.
}

// receive reads one message and does what it asks.
func (s *socket) receive(kind int, r io.Reader) error {
	limit := cmp.Or(s.t.MaxMessageBytes, DefaultMaxMessageBytes)
	var text bytes.Buffer
	n, err := text.ReadFrom(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return err
	}
	s.t.observer().Received(int(n))
	if int(n) > limit {
		return &closure{websocket.CloseMessageTooBig, fmt.Sprintf("Message is larger than %d bytes", limit)}
	}
	if kind != websocket.TextMessage {
		return invalid("Message is not text")
	}
	m, err := decode(text.Bytes())
	if err != nil {
		return err
	}
	return s.handle(m)
}

func (s *socket) handle(m *message) error {
	switch m.Type {
	case typeInit:
		return s.start(m)
	case typePing:
		s.answer(m.Payload)
		return nil
	case typeSubscribe:
		return s.subscribe(m)
	case typeComplete:
		s.unsubscribe(m.ID)
		return nil
	default: // A pong has done its work by coming.
		return nil
	}
}

// start begins to authenticate the client.
func (s *socket) start(m *message) error {
	if !s.enter(fresh, joining) {
		return &closure{CloseTooManyInitRequest, "Too many initialisation requests"}
	}
	s.work.Add(1)
	go s.join(m.object())
	return nil
}

// answer sends the pong for a ping, with its payload. Reading stops while the client has
// much to read itself.
func (s *socket) answer(payload json.RawMessage) {
	if !s.out.room(s.root) {
		return
	}
	if isNull(payload) {
		s.out.push(nil, []byte(`{"type":"`+typePong+`"}`))
		return
	}
	s.out.push(nil, []byte(`{"type":"`+typePong+`","payload":`), payload, []byte{'}'})
}

// end closes the socket for what a message did, or leaves it to the next read to say that
// the connection is lost.
func (s *socket) end(err error) {
	var c *closure
	if errors.As(err, &c) {
		s.close(c.code, c.reason)
	}
}

// lost settles the close code after a failed read: the client's own, which is echoed, 1006
// for a connection that broke or went silent, and 1002 for frames that gorilla refused.
func (s *socket) lost(err error) {
	var closing *websocket.CloseError
	var network net.Error
	switch {
	case errors.As(err, &closing):
		s.close(closing.Code, "")
	case errors.As(err, &network), errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF):
		s.close(websocket.CloseAbnormalClosure, "")
	default:
		s.close(websocket.CloseProtocolError, "")
	}
}
