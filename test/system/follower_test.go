package systemtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/internal/client"
)

// follower is a tab that shows a chat. When its socket ends it connects again, to the next of
// its servers, and resumes behind the last cursor it saw.
type follower struct {
	t       *testing.T
	chat    string
	clients []*client.Client

	mu     sync.Mutex
	rec    record
	news   chan struct{} // closed and replaced with each event
	socket *client.Socket
}

// follow opens a tab: on one server first, and, when its socket ends, on the others in turn. It
// returns when the tab has its snapshot; with a cursor it resumes and returns at once.
func (p *person) follow(chat, after string, server int) *follower {
	p.t.Helper()
	clients := append(append([]*client.Client{}, p.clients[server:]...), p.clients[:server]...)
	f := &follower{t: p.t, chat: chat, clients: clients, rec: newRecord(), news: make(chan struct{})}
	f.rec.cursor = after
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.run(ctx)
	}()
	p.t.Cleanup(func() {
		cancel()
		f.drop()
		<-done
	})
	if after == "" {
		f.until("a snapshot", func(r *record) bool { return r.snapshots > 0 })
	}
	return f
}

// again is how long a tab waits before it connects again.
const again = 100 * time.Millisecond

func (f *follower) run(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		f.session(ctx, f.clients[n%len(f.clients)])
		select {
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
}

// session is one socket's life. A server that cannot be reached, or not yet, is no fault.
func (f *follower) session(ctx context.Context, c *client.Client) {
	socket, err := c.Dial(ctx)
	if err != nil {
		return
	}
	defer func() { _ = socket.Close() }() // It may be gone already: that is what is tested.
	f.mu.Lock()
	f.socket = socket
	after := f.rec.cursor
	f.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	events, err := socket.Follow(f.chat, after)
	if err != nil {
		return
	}
	for payload := range events {
		e, err := client.EventOf(payload)
		if err != nil {
			f.change(func(r *record) {
				if client.CodeOf(err) != "UNAVAILABLE" {
					r.fault("the subscription ended with %v", err)
				}
			})
			return
		}
		f.change(func(r *record) { r.note(e) })
	}
	<-socket.Gone()
	var closed *websocket.CloseError
	if errors.As(socket.Err(), &closed) {
		f.change(func(r *record) { r.codes = append(r.codes, closed.Code) })
	}
}

func (f *follower) change(step func(*record)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	step(&f.rec)
	close(f.news)
	f.news = make(chan struct{})
}

// drop cuts the tab's socket, as a lost network does.
func (f *follower) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.socket != nil {
		_ = f.socket.Drop() // It may be gone already.
	}
}

// until waits for the record to be as wanted.
func (f *follower) until(want string, reached func(*record) bool) {
	f.t.Helper()
	deadline := time.After(patience)
	for {
		f.mu.Lock()
		ok, news := reached(&f.rec), f.news
		f.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-news:
		case <-deadline:
			f.t.Fatalf("no %s after %v; the tab has %s", want, patience, f.summary())
		}
	}
}

// read gives access to the record.
func (f *follower) read(read func(*record)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	read(&f.rec)
}

// pieces waits until so many pieces of a reply were received.
func (f *follower) pieces(reply string, n int) {
	f.t.Helper()
	f.until("text of the reply", func(r *record) bool { return r.pieces[reply] >= n })
}

// end waits for a reply's end.
func (f *follower) end(reply string) (end client.Event) {
	f.t.Helper()
	f.until("end of the reply", func(r *record) bool {
		e, ok := r.ended[reply]
		end = e
		return ok
	})
	return end
}

// summary says where the tab stands, without the text.
func (f *follower) summary() (s string) {
	f.read(func(r *record) {
		s = fmt.Sprintf("%d events, pieces %v, ends %d, closes %v, faults %q", len(r.durable), r.pieces, len(r.ended), r.codes, r.faults)
	})
	return s
}

// cursor is where the tab stands.
func (f *follower) cursor() (cursor string) {
	f.read(func(r *record) { cursor = r.cursor })
	return cursor
}
