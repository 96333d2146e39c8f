// Package localserver runs real Postgres, Redis and MinIO servers on this machine, for tests.
//
// A server has a directory and a port of its own, listens on 127.0.0.1 only, keeps
// nothing that outlives it, and dies with the process that started it. It can be killed
// and started again on the same port and directory, which is what fault tests do.
//
// The package starts no goroutine, so tests may look for leaks while servers run.
package localserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrMissing says that this machine does not have the server's programs.
var ErrMissing = errors.New("not installed")

const (
	// startTimeout bounds a start on a busy machine; it takes under a second on an idle one.
	startTimeout = 60 * time.Second
	// stopTimeout is how long a server may take to end by itself before it is killed.
	stopTimeout = 10 * time.Second
	// pollEvery is how often a start or a stop looks again.
	pollEvery = 5 * time.Millisecond
)

// plan is what distinguishes one kind of server from another.
type plan struct {
	name string
	// argv is the command line for a port.
	argv func(port int) []string
	// env is what the server sees beside environ.
	env []string
	url func(port int) string
	// ready reports whether the process pid serves. It reads files of dir and does not
	// connect: what answers at the port may be another server.
	ready func(dir string, pid int) bool
	// quit asks the server to end, orphaned is what it gets when its starter dies.
	quit, orphaned syscall.Signal
	// owner runs the server; nil for the user of this process.
	owner *owner
}

// Server is one server. Its methods are safe for concurrent use.
type Server struct {
	plan plan
	dir  string
	port int

	mu     sync.Mutex
	proc   *process // nil while the server is down
	closed bool
}

// URL is how clients reach the server; it stays the same over restarts.
func (s *Server) URL() string { return s.plan.url(s.port) }

// Addr is the server's host and port.
func (s *Server) Addr() string { return fmt.Sprintf("%s:%d", loopback, s.port) }

// Stop ends the server in good order. Stopping one that is down does nothing.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end(s.plan.quit)
}

// Kill ends the server as a crash would: SIGKILL, with no chance to write or say goodbye.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end(syscall.SIGKILL)
}

// Start starts a server that is down, on the port and the directory it had.
// Starting one that runs does nothing.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revive()
}

// Restart kills the server and starts it again on the same port and directory.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.end(syscall.SIGKILL); err != nil {
		return err
	}
	return s.revive()
}

// Close stops the server for good and removes its directory.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.end(s.plan.quit)
	return errors.Join(err, os.RemoveAll(s.dir), releaseHome())
}

func (s *Server) end(sig syscall.Signal) error {
	if s.proc == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	s.proc.signal(sig)
	if err := s.proc.wait(ctx); err != nil {
		s.proc.signal(syscall.SIGKILL)
		return fmt.Errorf("%s did not end after %v: %w", s.plan.name, sig, err)
	}
	s.proc = nil
	return nil
}

// revive starts the server until it stays: after a crash its orphans may
// hold the directory or the port for a moment.
func (s *Server) revive() error {
	if s.closed {
		return fmt.Errorf("%s is closed", s.plan.name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for s.proc == nil {
		err := s.launch(ctx)
		if err == nil || !heldByOrphans(err) || pause(ctx) != nil {
			return err
		}
	}
	return nil
}

func heldByOrphans(err error) bool {
	return portTaken(err) || strings.Contains(err.Error(), "still in use")
}

// launch starts the process and returns when it serves.
func (s *Server) launch(ctx context.Context) error {
	proc, err := startProcess(s.plan, s.port, s.dir)
	if err != nil {
		return fmt.Errorf("start %s: %w", s.plan.name, err)
	}
	for proc.running() {
		if s.plan.ready(s.dir, proc.pid) {
			s.proc = proc
			return nil
		}
		if err := pause(ctx); err != nil {
			proc.signal(syscall.SIGKILL)
			return fmt.Errorf("%s is not ready: %w\n%s", s.plan.name, err, logTail(s.dir))
		}
	}
	return fmt.Errorf("%s ended as it started:\n%s", s.plan.name, logTail(s.dir))
}

func pause(ctx context.Context) error {
	timer := time.NewTimer(pollEvery)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// logTail is the end of what the server wrote, enough to see why it died.
func logTail(dir string) string {
	const enough = 2000
	b, err := os.ReadFile(filepath.Join(dir, logName))
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-enough):])
}
