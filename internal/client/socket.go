package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

// Socket is a connection that speaks graphql-transport-ws.
type Socket struct {
	conn *websocket.Conn

	mu   sync.Mutex
	next int
	subs map[string]chan json.RawMessage
	err  error
	gone chan struct{}
}

// frame is a message of the protocol.
type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// buffered is how many events may wait for the reader of a subscription. A reader that falls further behind
// blocks the socket, as in a browser.
const buffered = 1024

// Dial opens a socket and signs it in.
func (c *Client) Dial(ctx context.Context) (*Socket, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}
	conn, res, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(c.URL, "http"), nil)
	if err != nil {
		return nil, fmt.Errorf("client: dial: %w", err)
	}
	defer res.Body.Close()
	s := &Socket{conn: conn, subs: map[string]chan json.RawMessage{}, gone: make(chan struct{})}
	if err := s.init(c.Token); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	go s.read()
	return s, nil
}

// init sends connection_init and waits for its acknowledgement. The token is part of it, because browsers
// cannot set headers of a WebSocket.
func (s *Socket) init(token string) error {
	payload := map[string]string{}
	if token != "" {
		payload["Authorization"] = "Bearer " + token
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	if err := s.write(frame{Type: "connection_init", Payload: raw}); err != nil {
		return err
	}
	var f frame
	if err := s.conn.ReadJSON(&f); err != nil {
		return fmt.Errorf("client: init: %w", err)
	}
	if f.Type != "connection_ack" {
		return fmt.Errorf("client: init: got %s", f.Type)
	}
	return nil
}

// write sends a frame; gorilla's connections allow one writer at a time.
func (s *Socket) write(f frame) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.conn.WriteJSON(f); err != nil {
		return fmt.Errorf("client: write: %w", err)
	}
	return nil
}

// Subscribe starts an operation. Its channel receives each `next` payload and closes at the end; Err then
// returns the fault of the socket, if there was one.
func (s *Socket) Subscribe(query string, variables map[string]any) (<-chan json.RawMessage, error) {
	raw, err := json.Marshal(Request{Query: query, Variables: variables})
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	ch := make(chan json.RawMessage, buffered)
	s.mu.Lock()
	s.next++
	id := strconv.Itoa(s.next)
	s.subs[id] = ch
	s.mu.Unlock()
	return ch, s.write(frame{ID: id, Type: "subscribe", Payload: raw})
}

// Err returns why the socket ended; nil while it is open.
func (s *Socket) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// CloseCode is the code a socket was closed with; 0 when it ended in another way.
func CloseCode(err error) int {
	var closed *websocket.CloseError
	if !errors.As(err, &closed) {
		return 0
	}
	return closed.Code
}

// Gone is closed when the socket has ended.
func (s *Socket) Gone() <-chan struct{} { return s.gone }

// Drop cuts the connection without a close frame, as a lost network does.
func (s *Socket) Drop() error { return s.conn.NetConn().Close() }

// Close ends the socket.
func (s *Socket) Close() error { return s.conn.Close() }

// read handles frames until the socket ends. It answers pings, or the server would close the socket.
func (s *Socket) read() {
	defer close(s.gone)
	for {
		var f frame
		if err := s.conn.ReadJSON(&f); err != nil {
			s.end(err)
			return
		}
		switch f.Type {
		case "next", "error":
			s.pass(f)
		case "complete":
			s.finish(f.ID)
		case "ping":
			if err := s.write(frame{Type: "pong"}); err != nil {
				s.end(err)
				return
			}
		}
	}
}

// pass hands on a payload. An `error` message is a response with only errors, and ends its operation.
func (s *Socket) pass(f frame) {
	payload := f.Payload
	if f.Type == "error" {
		payload = json.RawMessage(`{"errors":` + string(f.Payload) + `}`)
	}
	s.mu.Lock()
	ch, ok := s.subs[f.ID]
	s.mu.Unlock()
	if !ok {
		return
	}
	ch <- payload
	if f.Type == "error" {
		s.finish(f.ID)
	}
}

// finish closes the channel of an operation.
func (s *Socket) finish(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch, ok := s.subs[id]; ok {
		close(ch)
		delete(s.subs, id)
	}
}

// end records why the socket ended and closes all channels.
func (s *Socket) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	for id, ch := range s.subs {
		close(ch)
		delete(s.subs, id)
	}
}

// Decode reads a payload's data into out; a payload with errors is an Errors.
func Decode(payload json.RawMessage, out any) error { return decode(payload, out) }
