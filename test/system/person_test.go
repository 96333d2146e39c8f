package systemtest

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/internal/client"
)

// person is somebody with a client to each server.
type person struct {
	t       *testing.T
	h       house
	clients []*client.Client
}

// newPerson signs somebody new in.
func (h house) newPerson(t *testing.T) *person {
	t.Helper()
	return &person{t: t, h: h, clients: h.clients(t, uuid.NewString()+"@example.com")}
}

// chat makes a chat and returns its id.
func (p *person) chat() string {
	p.t.Helper()
	id, err := p.clients[0].NewChat(p.t.Context(), uuid.NewString())
	if err != nil {
		p.t.Fatalf("new chat: %v", err)
	}
	return id
}

// send sends a message through the first server.
func (p *person) send(chat, text string) client.Sent {
	p.t.Helper()
	sent, err := p.clients[0].Send(p.t.Context(), chat, text, uuid.NewString())
	if err != nil {
		p.t.Fatalf("send: %v", err)
	}
	return sent
}

// stop stops a reply through one of the servers.
func (p *person) stop(server int, reply string) client.Receipt {
	p.t.Helper()
	receipt, err := p.clients[server].Stop(p.t.Context(), reply)
	if err != nil {
		p.t.Fatalf("stop: %v", err)
	}
	return receipt
}

// tail is a chat's events from now on, as they come; for tests that wait for one event by hand.
func (p *person) tail(server int, chat, after string) (*client.Socket, <-chan json.RawMessage) {
	p.t.Helper()
	socket, err := p.clients[server].Dial(p.t.Context())
	if err != nil {
		p.t.Fatalf("dial: %v", err)
	}
	p.t.Cleanup(func() { _ = socket.Close() })
	events, err := socket.Follow(chat, after)
	if err != nil {
		p.t.Fatalf("follow: %v", err)
	}
	return socket, events
}

// eventCursor is the feed's head as a query of the chat brings it.
func (p *person) eventCursor(chat string) string {
	p.t.Helper()
	var out struct{ Node struct{ EventCursor string } }
	err := p.clients[0].Do(p.t.Context(), `query ($id: ID!) { node(id: $id) { ... on Chat { eventCursor } } }`,
		map[string]any{"id": chat}, &out)
	if err != nil {
		p.t.Fatalf("read the chat: %v", err)
	}
	return out.Node.EventCursor
}
