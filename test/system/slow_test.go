package systemtest

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/internal/app/apptest"
	"github.com/weav-ai/weav/internal/client"
)

// TestSlowReaderGetsAllOfALongReply reads nothing while the longest reply the sandbox's model gives is
// written, over a connection that holds little.
func TestSlowReaderGetsAllOfALongReply(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, s *apptest.System) {
		h := inProcess(t, s)
		p := h.newPerson(t)
		chat := p.chat()
		slow := p.slowSocket(chat)
		if e := slow.read(); e.Typename != "ChatSnapshot" {
			t.Fatalf("the reader was told %s", e.Typename)
		}
		sent := p.send(chat, "[sandbox:fast][sandbox:tokens=4096] A very long reply")
		row := h.await(t, sent.ReplyID)

		rec := newRecord()
		for len(rec.ended) == 0 {
			rec.note(slow.read())
		}
		for _, fault := range rec.faults {
			t.Error(fault)
		}
		if received := rec.shown(sent.ReplyID); received != row.Text || len(received) < 12<<10 {
			t.Errorf("the reader was told %d bytes, stored are %d", len(received), len(row.Text))
		}
		t.Logf("%d bytes in %d pieces", len(row.Text), rec.pieces[sent.ReplyID])
	}, apptest.MaxOutputTokens(4096))
}

// slowSocket is a subscription whose reader decides when to read.
type slowSocket struct {
	t    *testing.T
	conn *websocket.Conn
}

// slowSocket follows a chat over a connection with little room.
func (p *person) slowSocket(chat string) *slowSocket {
	p.t.Helper()
	dialer := websocket.Dialer{
		Subprotocols: []string{"graphql-transport-ws"},
		NetDial: func(network, addr string) (net.Conn, error) {
			conn, err := net.DialTimeout(network, addr, patience)
			if tcp, ok := conn.(*net.TCPConn); ok {
				err = tcp.SetReadBuffer(4 << 10)
			}
			return conn, err
		},
	}
	conn, res, err := dialer.DialContext(p.t.Context(), "ws"+strings.TrimPrefix(p.clients[0].URL, "http"), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	p.t.Cleanup(func() { _ = conn.Close() })
	s := &slowSocket{t: p.t, conn: conn}
	s.write("connection_init", map[string]string{"Authorization": "Bearer " + p.clients[0].Token})
	if _, ack, err := conn.ReadMessage(); err != nil || !strings.Contains(string(ack), "connection_ack") {
		p.t.Fatalf("init: %s, %v", ack, err)
	}
	s.write("subscribe", client.Request{Query: client.ChatEvents, Variables: map[string]any{"chatId": chat}})
	return s
}

func (s *slowSocket) write(kind string, payload any) {
	s.t.Helper()
	if err := s.conn.WriteJSON(map[string]any{"id": "1", "type": kind, "payload": payload}); err != nil {
		s.t.Fatal(err)
	}
}

// read returns the next event.
func (s *slowSocket) read() client.Event {
	s.t.Helper()
	for {
		var frame struct {
			Type    string
			Payload json.RawMessage
		}
		if err := s.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			s.t.Fatal(err)
		}
		if err := s.conn.ReadJSON(&frame); err != nil {
			s.t.Fatalf("read: %v", err)
		}
		switch frame.Type {
		case "next":
			e, err := client.EventOf(frame.Payload)
			if err != nil {
				s.t.Fatal(err)
			}
			return e
		case "error", "complete":
			s.t.Fatalf("the subscription ended with %s", frame.Payload)
		}
	}
}
