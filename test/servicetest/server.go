package servicetest

import (
	"testing"

	"github.com/weav-ai/weav/test/servicetest/localserver"
)

// Server is a server of one test, for faults: the test may end it and bring it back. A step that
// does not work fails the test, from whatever goroutine. The end of the test removes it.
type Server struct {
	tb     testing.TB
	server *localserver.Server
}

// PostgresServer starts a Postgres that only this test uses. It takes a second or two: tests
// that do not break the server use Postgres.
func PostgresServer(tb testing.TB) *Server {
	tb.Helper()
	return private(tb, localserver.Postgres)
}

// RedisServer starts a Redis that only this test uses. It keeps nothing over a restart.
func RedisServer(tb testing.TB) *Server {
	tb.Helper()
	return private(tb, localserver.Redis)
}

// Redis starts a Redis for this test, in some 20 ms, and returns its URL. Tests share
// none because pub/sub ignores database numbers.
func Redis(tb testing.TB) string {
	tb.Helper()
	return RedisServer(tb).URL()
}

func private(tb testing.TB, start func() (*localserver.Server, error)) *Server {
	tb.Helper()
	wanted(tb)
	server, err := start()
	if err != nil {
		failed(tb, err)
	}
	s := &Server{tb: tb, server: server}
	tb.Cleanup(func() { s.check("close", server.Close()) })
	return s
}

// URL is how clients reach the server; it stays the same over restarts. A Postgres URL
// names the superuser and the database "postgres".
func (s *Server) URL() string { return s.server.URL() }

// Addr is the server's host and port, as a proxy in front of it needs them.
func (s *Server) Addr() string { return s.server.Addr() }

// Stop ends the server in good order.
func (s *Server) Stop() {
	s.tb.Helper()
	s.check("stop", s.server.Stop())
}

// Kill ends the server with SIGKILL.
func (s *Server) Kill() {
	s.tb.Helper()
	s.check("kill", s.server.Kill())
}

// Start brings a server back that is down, on the same port and directory, and returns when it serves.
func (s *Server) Start() {
	s.tb.Helper()
	s.check("start", s.server.Start())
}

// Restart kills the server with SIGKILL and starts it again on the same port and
// directory. It returns when the server serves again.
func (s *Server) Restart() {
	s.tb.Helper()
	s.check("restart", s.server.Restart())
}

func (s *Server) check(step string, err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Errorf("%s: %v", step, err)
	}
}
