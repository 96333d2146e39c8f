package localserver

import (
	"errors"
	"fmt"
	"net"
	"testing"
)

func TestFreePortIsFreeAndNotForOutgoingConnections(t *testing.T) {
	t.Parallel()
	for range 20 {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		if port >= ephemeralStart() {
			t.Errorf("port %d is one the system gives to outgoing connections", port)
		}
		l, err := net.Listen("tcp4", fmt.Sprintf("%s:%d", loopback, port))
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
	}
}

func TestNewestPostgresWins(t *testing.T) {
	t.Parallel()
	tests := map[string]int{
		"/usr/lib/postgresql/15/bin/initdb":          15,
		"/usr/lib/postgresql/9.6/bin/initdb":         9,
		"/usr/pgsql-16/bin/initdb":                   16,
		"/opt/homebrew/opt/postgresql@17/bin/initdb": 17,
		"/usr/local/opt/postgresql/bin/initdb":       0,
	}
	for path, want := range tests {
		if got := version(path); got != want {
			t.Errorf("%s: version %d, want %d", path, got, want)
		}
	}
}

func TestMissingProgramsAreNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := FindRedis(); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
}
