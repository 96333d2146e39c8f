package ws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/internal/errs"
)

// Session is the client of a socket and the time until which it may stay. The zero Session
// is an unknown client: it has no limit of sockets and no end.
type Session struct {
	// Key names the user or the address that MaxSockets counts by; empty is not counted.
	Key string
	// MaxSockets bounds the sockets of Key; zero for that of the Transport.
	MaxSockets int
	// Expires is when the session's rights end by themselves; zero for never.
	Expires time.Time
	// Done is closed when the rights are revoked; nil for never.
	Done <-chan struct{}
}

// join answers connection_init: it lets the socket in and stays until the session or the
// socket ends. It runs in a goroutine of its own, so that what the client sends before
// the acknowledgement is seen to come before it.
func (s *socket) join(payload map[string]any) {
	defer s.work.Done()
	ctx, session, err := s.authenticate(payload)
	if err != nil {
		s.refuse(err)
		return
	}
	if !s.t.seats.take(session.Key, cmp.Or(session.MaxSockets, s.t.MaxSockets, DefaultMaxSockets)) {
		s.close(CloseTooManyInitRequest, "Too many sockets")
		return
	}
	defer s.t.seats.leave(session.Key)
	s.admit(ctx)
	s.watch(session)
}

func (s *socket) authenticate(payload map[string]any) (ctx context.Context, session Session, err error) {
	if s.t.Init == nil {
		return s.root, Session{}, nil
	}
	defer func() {
		if r := recover(); r != nil {
			s.t.logger().ErrorContext(s.root, "ws: panic in Init",
				slog.String("cause", fmt.Sprint(r)), slog.String("stack", string(debug.Stack())))
			err = errs.New(errs.Unavailable, "Sign-in failed.")
		}
	}()
	ctx, session, err = s.t.Init(s.root, s.request, payload)
	if ctx == nil {
		ctx = s.root
	}
	return ctx, session, err
}

// refuse closes the socket for an error of Init. When it could not tell who the client is,
// nothing is wrong with the client's token: it should come back with the same.
func (s *socket) refuse(err error) {
	var typed *errs.Error
	if errors.As(err, &typed) && typed.Code == errs.Unavailable {
		s.close(websocket.CloseTryAgainLater, "Try again later")
		return
	}
	s.close(CloseForbidden, reasonForbidden)
}

// watch waits for the end of the session's rights or of the socket.
func (s *socket) watch(session Session) {
	var expired <-chan time.Time
	if !session.Expires.IsZero() {
		timer := time.NewTimer(time.Until(session.Expires))
		defer timer.Stop()
		expired = timer.C
	}
	if session.Key == "" && session.Done == nil && expired == nil {
		return
	}
	select {
	case <-session.Done:
		s.close(CloseForbidden, reasonForbidden)
	case <-expired:
		s.close(CloseForbidden, reasonForbidden)
	case <-s.root.Done():
	}
}

// seats counts the open sockets of each person.
type seats struct {
	mu    sync.Mutex
	taken map[string]int
}

func (p *seats) take(key string, limit int) bool {
	if key == "" {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[key] >= limit {
		return false
	}
	if p.taken == nil {
		p.taken = map[string]int{}
	}
	p.taken[key]++
	return true
}

func (p *seats) leave(key string) {
	if key == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken[key]--
	if p.taken[key] == 0 {
		delete(p.taken, key)
	}
}
