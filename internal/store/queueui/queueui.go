// Package queueui is River's own page over the queue. It stands apart from the store, since it brings a web application.
package queueui

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"riverqueue.com/riverui"
	"riverqueue.com/riverui/uiendpoints"

	"github.com/weav-ai/weav/internal/store"
)

// conns serve the page.
const conns = 2

// Page is the page. It has no login of its own: what mounts it must check who asks.
type Page struct {
	http.Handler

	start func(ctx context.Context) error
	close func()
}

// New returns the page over a store's queue, for requests below prefix. Arguments of jobs, which are ids, are hidden until asked
// for.
func New(s *store.Store, prefix string, log *slog.Logger) (*Page, error) {
	endpoints, closed, err := newEndpoints(s, log)
	if err != nil {
		return nil, fmt.Errorf("queueui: %w", err)
	}
	handler, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: endpoints, Logger: log, Prefix: prefix, JobListHideArgsByDefault: true,
	})
	if err != nil {
		closed()
		return nil, fmt.Errorf("queueui: %w", err)
	}
	return &Page{Handler: handler, start: handler.Start, close: closed}, nil
}

// newEndpoints makes the page's queries over a client that works no jobs.
func newEndpoints(s *store.Store, log *slog.Logger) (bundle uiendpoints.Bundle, closed func(), err error) {
	config := &river.Config{Logger: log}
	if db := s.SQLite(); db != nil {
		client, err := river.NewClient(riversqlite.New(db), config)
		return riverui.NewEndpoints(client, nil), func() {}, err
	}
	pool, err := s.QueuePool(context.Background(), conns) //nolint:forbidigo // The pool lives as long as the page.
	if err != nil {
		return nil, nil, err
	}
	client, err := river.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		pool.Close()
		return nil, nil, err
	}
	return riverui.NewEndpoints(client, nil), pool.Close, nil
}

// Start begins what the page prepares in the background, until ctx ends.
func (p *Page) Start(ctx context.Context) error { return p.start(ctx) }

// Close closes the page's connections.
func (p *Page) Close() { p.close() }
