package localserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFreePortIsFreeAndNotForOutgoingConnections(t *testing.T) {
	t.Parallel()
	for range 20 {
		port, err := FreePort()
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
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for name, find := range map[string]func() (string, error){"redis-server": FindRedis, "minio": FindMinIO} {
		if _, err := find(); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want ErrMissing of %s", err, name)
		}
	}
}

func TestTheBuiltMinIOComesFirst(t *testing.T) {
	path, cache := t.TempDir(), t.TempDir()
	t.Setenv("PATH", path)
	t.Setenv("XDG_CACHE_HOME", cache)
	for _, program := range []string{filepath.Join(path, "minio"), MinIOBuild()} {
		if err := os.MkdirAll(filepath.Dir(program), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(program, []byte("a program"), 0o700); err != nil {
			t.Fatal(err)
		}
		if got, err := FindMinIO(); got != program {
			t.Errorf("found %q (%v), want %q", got, err, program)
		}
	}
	if !strings.HasPrefix(MinIOBuild(), cache) || !strings.Contains(MinIOBuild(), "minio-v0.0.0-") {
		t.Errorf("builds to %s, want a folder of the version", MinIOBuild())
	}
}

func TestPortTakenKnowsItsServers(t *testing.T) {
	t.Parallel()
	for name, said := range map[string]string{
		"postgres": `could not bind IPv4 address "127.0.0.1": Address already in use`,
		"redis":    "Could not create server TCP listening socket 127.0.0.1:6379: bind: Address already in use",
		"minio":    "FATAL Unable to start the server: Specified port is already in use",
	} {
		if !portTaken(errors.New(said)) {
			t.Errorf("%s: %q", name, said)
		}
	}
}
