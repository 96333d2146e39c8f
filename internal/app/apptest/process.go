package apptest

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/app"
)

// Process is an app that runs until Stop, or the end of the test.
type Process struct {
	// URL is the GraphQL endpoint; empty for a worker.
	URL string

	stop func() error
}

// start opens an app and runs it.
func start(tb testing.TB, cfg app.Config, part app.Part) *Process {
	tb.Helper()
	out := &log{}
	p := &Process{}
	var listener net.Listener
	var err error
	if part.Serves {
		if listener, cfg, err = app.Listen(tb.Context(), cfg, part); err != nil {
			tb.Fatal(err)
		}
		p.URL = "http://" + listener.Addr().String() + "/graphql"
	}
	a, err := app.Open(tb.Context(), cfg, part, slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: cfg.LogLevel})))
	if err != nil {
		tb.Fatalf("open: %v", err)
	}
	// The process outlives the test's context, which ends before the test's cleanup.
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, listener) }()
	p.stop = sync.OnceValue(func() error {
		cancel()
		err := <-ended
		if closing := a.Close(); err == nil {
			err = closing
		}
		return err
	})
	tb.Cleanup(func() {
		if err := p.Stop(); err != nil {
			tb.Errorf("stop: %v", err)
		}
		if tb.Failed() {
			tb.Logf("log of %s:\n%s", cfg.NodeID, out)
		}
	})
	return p
}

// Stop ends the process as SIGTERM does and returns when it has let go of everything.
func (p *Process) Stop() error { return p.stop() }

// log keeps what a process says for the test that fails.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
