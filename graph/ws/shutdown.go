package ws

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Shutdown closes all sockets with 1012, spread over t.Spread so that their clients do
// not all come back at once, and refuses new ones with 503. It returns when every socket
// and all of its operations have ended. When ctx ends first, the sockets left are closed at
// once, without waiting for their clients' answers, and it returns the error of ctx.
func (t *Transport) Shutdown(ctx context.Context) error {
	open, idle := t.sockets.shut()
	pace(ctx, cmp.Or(t.Spread, DefaultSpread), open)
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	for _, s := range t.sockets.all() {
		s.cut()
	}
	return ctx.Err()
}

// pace closes the sockets at even distances; at once when ctx ends.
func pace(ctx context.Context, spread time.Duration, open []*socket) {
	if len(open) == 0 {
		return
	}
	ticker := time.NewTicker(max(spread/time.Duration(len(open)), 1))
	defer ticker.Stop()
	for i, s := range open {
		if i > 0 && s.current() != closed {
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
		}
		s.close(websocket.CloseServiceRestart, reasonRestart)
	}
}

// sockets are those whose Do has not returned.
type sockets struct {
	mu   sync.Mutex
	open map[*socket]struct{}
	shot bool
	idle chan struct{} // closed when the last one is gone after shut
}

func (p *sockets) closing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shot
}

// add returns false when s came too late to live.
func (p *sockets) add(s *socket) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[*socket]struct{}{}
	}
	p.open[s] = struct{}{}
	return !p.shot
}

func (p *sockets) remove(s *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, s)
	p.settle()
}

func (p *sockets) shut() (open []*socket, idle <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shot = true
	if p.idle == nil {
		p.idle = make(chan struct{})
		p.settle()
	}
	return p.list(), p.idle
}

func (p *sockets) all() []*socket {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.list()
}

func (p *sockets) list() []*socket {
	open := make([]*socket, 0, len(p.open))
	for s := range p.open {
		open = append(open, s)
	}
	return open
}

// settle wakes Shutdown when no socket is left.
func (p *sockets) settle() {
	if p.idle == nil || len(p.open) > 0 {
		return
	}
	select {
	case <-p.idle:
	default:
		close(p.idle)
	}
}
