package systemtest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/internal/app/apptest"
	"github.com/weav-ai/weav/internal/client"
)

// forbidden is the code a socket is closed with when its session's rights have ended.
const forbidden = 4403

// dial opens a socket to each of a session's servers.
func dial(t *testing.T, clients []*client.Client) (sockets []*client.Socket) {
	t.Helper()
	for _, c := range clients {
		socket, err := c.Dial(t.Context())
		if err != nil {
			t.Fatalf("dial: %v", err)
		}
		t.Cleanup(func() { _ = socket.Close() })
		sockets = append(sockets, socket)
	}
	return sockets
}

// wantClosed waits for a socket's end by the server, with a code.
func wantClosed(t *testing.T, socket *client.Socket, code int) {
	t.Helper()
	select {
	case <-socket.Gone():
	case <-time.After(patience):
		t.Fatal("the socket is still open")
	}
	var closed *websocket.CloseError
	if !errors.As(socket.Err(), &closed) || closed.Code != code {
		t.Errorf("the socket ended with %v, want %d", socket.Err(), code)
	}
}

func signOut(t *testing.T, c *client.Client, scope string) {
	t.Helper()
	err := c.Do(t.Context(), `mutation ($scope: SignOutScope!) { signOut(input: {scope: $scope}) { __typename } }`,
		map[string]any{"scope": scope}, nil)
	if err != nil {
		t.Fatalf("sign out: %v", err)
	}
}

func TestSignOutClosesTheSocketsOfTheSession(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		scope string
		other bool // the person's other session ends too
	}{{"THIS_SESSION", false}, {"ALL_SESSIONS", true}} {
		t.Run(tt.scope, func(t *testing.T) {
			t.Parallel()
			apptest.Each(t, func(t *testing.T, s *apptest.System) {
				email := uuid.NewString() + "@example.com"
				mine, others := s.Clients(t, email), s.Clients(t, email)
				sockets, elsewhere := dial(t, mine), dial(t, others)
				signOut(t, mine[0], tt.scope)
				for _, socket := range sockets {
					wantClosed(t, socket, forbidden)
				}
				if err := mine[0].Do(t.Context(), `{ viewer { id } }`, nil, nil); client.CodeOf(err) != "UNAUTHENTICATED" {
					t.Errorf("the token still stands: %v", err)
				}
				for i, socket := range elsewhere {
					if tt.other {
						wantClosed(t, socket, forbidden)
					} else {
						wantAnswers(t, others[i], socket)
					}
				}
			})
		})
	}
}

// wantAnswers checks that a socket's subscriptions still begin.
func wantAnswers(t *testing.T, c *client.Client, socket *client.Socket) {
	t.Helper()
	chat, err := c.NewChat(t.Context(), uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	events, err := socket.Follow(chat, "")
	if err != nil {
		t.Fatal(err)
	}
	if e := next(t, events); e.Typename != "ChatSnapshot" {
		t.Errorf("the other session's socket was told %q", e.Typename)
	}
}

func TestSignOutClosesSocketsWhileRedisIsDown(t *testing.T) {
	t.Parallel()
	s := apptest.Distributed(t, 2, 0)
	clients := s.Clients(t, uuid.NewString()+"@example.com")
	sockets := dial(t, clients)
	s.Redis.Kill()
	signOut(t, clients[0], "THIS_SESSION")
	for _, socket := range sockets {
		wantClosed(t, socket, forbidden)
	}
}

func TestExpiryOfTheTokenClosesTheSocket(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, s *apptest.System) {
		clients := s.Clients(t, uuid.NewString()+"@example.com")
		began := time.Now()
		for _, socket := range dial(t, clients) {
			wantClosed(t, socket, forbidden)
		}
		// Tokens count in whole seconds, so up to one of the three is gone at the start.
		if lived := time.Since(began); lived < time.Second {
			t.Errorf("the sockets lived %v: they were closed for another reason", lived)
		}
	}, apptest.AccessTTL(3*time.Second))
}
