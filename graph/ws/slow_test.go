package ws_test

import (
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/graph/ws"
)

// A client that stops reading is freed, and nothing was piled up for it meanwhile.
func TestClientThatStopsReading(t *testing.T) {
	t.Parallel()
	const size = 4 << 10
	seen := newSpy()
	w := newNarrowWorld(t, &ws.Transport{WriteTimeout: 100 * time.Millisecond, Observer: seen})
	c := w.join(t)
	c.subscribe("1", "subscription { flood(bytes: 4096) }")
	if code := receive(t, seen.closed, "close"); code != websocket.CloseTryAgainLater {
		t.Errorf("closed with %d, want 1013", code)
	}
	// What the kernel took, and one batch: far less than the outbox might hold.
	if held := w.pulled.Load() * size; held > ws.DefaultOutboxBytes/2 {
		t.Errorf("%d bytes were made for a client that does not read", held)
	}
}

// A client that reads again in the last moment learns why it is closed, though the write
// was stuck inside a frame.
func TestClientThatReadsAgain(t *testing.T) {
	t.Parallel()
	w := newNarrowWorld(t, &ws.Transport{WriteTimeout: 50 * time.Millisecond})
	c := w.join(t)
	c.subscribe("1", "subscription { flood(bytes: 100000) }")
	receive(t, w.started, "start")
	receive(t, w.ended, "end of the operation's context")
	for {
		_, _, err := c.conn.ReadMessage()
		if websocket.IsCloseError(err, websocket.CloseTryAgainLater) {
			return
		}
		if err != nil {
			t.Fatalf("read: %v, want close 1013", err)
		}
	}
}
