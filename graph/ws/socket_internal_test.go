package ws

import (
	"net/http"
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
			s := newSocket(&Transport{}, nil, httptest.NewRequest(http.MethodGet, "/", http.NoBody), nil)
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

// joined returns a socket that has been acknowledged, with two operations under way.
func joined(t *testing.T) (s *socket, first, second *operation) {
	t.Helper()
	s = newSocket(&Transport{}, nil, httptest.NewRequest(http.MethodGet, "/", http.NoBody), nil)
	s.phase = joining
	s.admit(t.Context())
	first, _ = s.activate("1")
	second, _ = s.activate("2")
	sizes(s.out) // The acknowledgement has left.
	return s, first, second
}

func TestStoppedOperationIsSilent(t *testing.T) {
	t.Parallel()
	s, first, second := joined(t)
	s.out.push(first, []byte("queued"))
	s.out.push(second, []byte("ab"))
	s.unsubscribe("1")
	if first.ctx.Err() == nil {
		t.Error("its context lives on")
	}
	again, err := s.activate("1")
	if err != nil {
		t.Fatalf("its id is not free: %v", err)
	}
	s.conclude(first, []byte("complete"))
	if !s.holds(again) {
		t.Error("its end freed the id of the next operation")
	}
	s.leave(first)
	if !s.holds(again) {
		t.Error("its goroutine freed the id of the next operation")
	}
	if got := sizes(s.out); len(got) != 1 || got[0] != 2 {
		t.Errorf("payloads of %v bytes are sent, want the other operation's [2]", got)
	}
}
