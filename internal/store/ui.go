package store

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
)

// uiConns serve the pages of the queue.
const uiConns = 2

// QueueUI is River's own page over the queue. It has no login: whoever mounts it guards it.
type QueueUI struct {
	http.Handler

	start func(ctx context.Context) error
	close func()
}

// NewQueueUI returns the page over the store's queue, for requests below prefix. Arguments of jobs, which are ids,
// are hidden until asked for.
func (s *Store) NewQueueUI(prefix string, log *slog.Logger) (*QueueUI, error) {
	endpoints, closed, err := s.uiEndpoints(log)
	if err != nil {
		return nil, fmt.Errorf("store: queue page: %w", err)
	}
	handler, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: endpoints, Logger: log, Prefix: prefix, JobListHideArgsByDefault: true,
	})
	if err != nil {
		closed()
		return nil, fmt.Errorf("store: queue page: %w", err)
	}
	return &QueueUI{Handler: handler, start: handler.Start, close: closed}, nil
}

// uiEndpoints makes the page's queries over a client that works nothing.
func (s *Store) uiEndpoints(log *slog.Logger) (endpoints uiendpoints.Bundle, closed func(), err error) {
	config := &river.Config{Logger: log}
	if s.dialect == SQLite {
		client, err := river.NewClient(riversqlite.New(s.db), config)
		return riverui.NewEndpoints(client, nil), func() {}, err
	}
	pool, err := s.pgxPool(context.Background(), uiConns) //nolint:forbidigo // The pool lives as long as the page.
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
func (u *QueueUI) Start(ctx context.Context) error { return u.start(ctx) }

// Close lets go of the page's connections.
func (u *QueueUI) Close() { u.close() }
