package ws_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/graph/ws"
)

func TestShutdown(t *testing.T) {
	t.Parallel()
	const sockets, spread = 5, 500 * time.Millisecond
	seen := newSpy()
	w := newWorld(t, &ws.Transport{Spread: spread, Observer: seen})
	closedAt := make(chan time.Time, sockets)
	for range sockets {
		c := w.join(t)
		c.subscribe("1", "subscription { feed }")
		receive(t, w.started, "start")
		go func() {
			_, _, err := c.conn.ReadMessage()
			if !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
				t.Errorf("read: %v, want close 1012", err)
			}
			closedAt <- time.Now()
		}()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.transport.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if n := seen.running.Load(); n != 0 || seen.operations.Load() != sockets {
		t.Errorf("%d operations run on after Shutdown", n)
	}
	first, last := receive(t, closedAt, "close"), time.Time{}
	for range sockets - 1 {
		last = receive(t, closedAt, "close")
	}
	if took := last.Sub(first); took < spread/2 {
		t.Errorf("all sockets closed within %s, want them spread over %s", took, spread)
	}
}

func TestShutdownRefusesNewSockets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{})
	if err := w.transport.Shutdown(t.Context()); err != nil {
		t.Fatalf("shutdown without sockets: %v", err)
	}
	_, resp, err := websocket.DefaultDialer.Dial(w.url, nil)
	if err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("handshake: %v %v, want 503", resp, err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestShutdownOutOfTime(t *testing.T) {
	t.Parallel()
	stuck, entered := make(chan struct{}), make(chan struct{})
	w := newWorld(t, &ws.Transport{Spread: time.Hour, OperationContext: func(ctx context.Context, _ string) context.Context {
		close(entered)
		<-stuck
		return ctx
	}})
	t.Cleanup(func() { close(stuck) })
	c, other := w.join(t), w.join(t)
	for _, c := range []*client{c, other} {
		c.conn.SetCloseHandler(func(int, string) error { return nil }) // They do not help.
	}
	c.subscribe("1", "{ echo }")
	receive(t, entered, "start")
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := w.transport.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v, want its context's error", err)
	}
	for _, c := range []*client{c, other} {
		c.closes(websocket.CloseServiceRestart, "")
		c.cut()
	}
}

func TestShutdownWaitsForOperations(t *testing.T) {
	t.Parallel()
	stuck, entered := make(chan struct{}), make(chan struct{})
	seen := newSpy()
	w := newWorld(t, &ws.Transport{Observer: seen, OperationContext: func(ctx context.Context, _ string) context.Context {
		close(entered)
		<-stuck
		return ctx
	}})
	c := w.join(t)
	c.subscribe("1", "{ echo }")
	receive(t, entered, "start")
	done := make(chan error, 1)
	go func() { done <- w.transport.Shutdown(context.Background()) }()
	c.closes(websocket.CloseServiceRestart, "")
	receive(t, seen.closed, "close")
	select {
	case <-done:
		t.Error("Shutdown returned while an operation was running")
		done <- nil
	case <-time.After(50 * time.Millisecond):
	}
	close(stuck)
	if err := receive(t, done, "end of Shutdown"); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

func TestShutdownDuringAHandshake(t *testing.T) {
	t.Parallel()
	transport := &ws.Transport{}
	transport.CheckOrigin = func(r *http.Request) bool { return transport.Shutdown(r.Context()) == nil }
	newWorld(t, transport).dial(t).closes(websocket.CloseServiceRestart, "Service restart")
}

func TestServerStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{})
	c := w.join(t)
	w.stop()
	c.closes(websocket.CloseServiceRestart, "Service restart")
}

// The code arrives whole behind a stream in full flow.
func TestShutdownInMidStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &ws.Transport{Spread: 1})
	c := w.join(t)
	c.subscribe("1", "subscription { flood(bytes: 4096) }")
	receive(t, w.started, "start")
	done := make(chan error, 1)
	go func() { done <- w.transport.Shutdown(context.Background()) }()
	for {
		_, _, err := c.conn.ReadMessage()
		if websocket.IsCloseError(err, websocket.CloseServiceRestart) {
			break
		}
		if err != nil {
			t.Fatalf("read: %v, want close 1012", err)
		}
	}
	if err := receive(t, done, "end of Shutdown"); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}
