package servicetest

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/weav-ai/weav/test/servicetest/localserver"
)

// shared is a server of all tests: the one that env names, else this process's own.
type shared struct {
	env   string
	start func() (*localserver.Server, error)

	mu     sync.Mutex
	server *localserver.Server
	err    error
}

// url returns how to reach the server, which it starts for the first test that asks.
func (s *shared) url(tb testing.TB) string {
	tb.Helper()
	wanted(tb)
	if url := os.Getenv(s.env); url != "" {
		return url
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil && s.err == nil {
		s.server, s.err = s.start()
	}
	if s.err != nil {
		failed(tb, s.err)
	}
	return s.server.URL()
}

func (s *shared) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		// The tests are over; what cannot be removed now, a later run sweeps.
		_ = s.server.Close()
		s.server = nil
	}
	s.err = errors.New("the shared server is closed: a test runs after servicetest.Close")
}
