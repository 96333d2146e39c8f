package ws_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/graph/ws"
)

// topic counts events and wakes who waits for the next.
type topic struct {
	mu   sync.Mutex
	n    int
	next chan struct{}
}

func (p *topic) publish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	close(p.next)
	p.next = make(chan struct{})
}

func (p *topic) newest() (n int, next <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n, p.next
}

// subscribe yields body for every event.
func (p *topic) subscribe(body []byte) graphql.ResponseHandler {
	seen := 0
	return func(ctx context.Context) *graphql.Response {
		for {
			n, next := p.newest()
			if n > seen {
				seen = n
				return &graphql.Response{Data: body}
			}
			select {
			case <-next:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// BenchmarkDeliver measures one event of 240 bytes to 1,000 sockets, clients included.
func BenchmarkDeliver(b *testing.B) {
	const sockets = 1000
	events := &topic{next: make(chan struct{})}
	body := []byte(`{"feed":"` + strings.Repeat("x", 229) + `"}`)
	transport := &ws.Transport{Spread: 1}
	srv := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc:   func(context.Context) graphql.ResponseHandler { return events.subscribe(body) },
	})
	srv.AddTransport(transport)
	server := httptest.NewServer(srv)
	defer server.Close()
	defer func() { _ = transport.Shutdown(context.Background()) }()
	w := &world{url: "ws" + strings.TrimPrefix(server.URL, "http")}
	var left atomic.Int64
	all := make(chan struct{}, 1)
	for range sockets {
		c := w.join(b)
		_ = c.conn.SetReadDeadline(time.Time{})
		c.subscribe("1", "subscription { feed }")
		go func() {
			for {
				if _, _, err := c.conn.ReadMessage(); err != nil {
					return
				}
				if left.Add(-1) == 0 {
					all <- struct{}{}
				}
			}
		}()
	}
	b.ReportAllocs()
	for b.Loop() {
		left.Store(sockets)
		events.publish()
		<-all
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/sockets, "ns/delivery")
}
