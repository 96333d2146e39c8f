package ws

import (
	"net/http/httptest"
	"testing"

	"github.com/gorilla/websocket"
)

func TestClosing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code   int
		frames int
	}{
		"a restart sends what is queued first":    {websocket.CloseServiceRestart, 2},
		"a revoked session gets the code alone":   {CloseForbidden, 1},
		"a slow reader too":                       {websocket.CloseTryAgainLater, 1},
		"a client that leaves gets its code back": {websocket.CloseNormalClosure, 1},
		"without a status, an empty frame":        {websocket.CloseNoStatusReceived, 1},
		"a lost connection gets nothing":          {websocket.CloseAbnormalClosure, 0},
		"gorilla has answered a broken frame":     {websocket.CloseProtocolError, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSocket(&Transport{}, nil, httptest.NewRequest("GET", "/", nil), nil)
			s.out.push(nil, []byte("a"))
			s.close(tc.code, "")
			s.close(CloseInvalidMessage, "too late to count")
			if s.root.Err() == nil {
				t.Error("the socket's context lives on")
			}
			if got := sizes(s.out); len(got) != tc.frames {
				t.Errorf("%d frames are sent, want %d", len(got), tc.frames)
			}
			if got := s.closeCode(); got != tc.code {
				t.Errorf("code %d, want %d", got, tc.code)
			}
		})
	}
}
