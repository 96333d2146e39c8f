//go:build linux || darwin

package localserver

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// script is a plan whose server is a shell script that is ready at once.
func script(text string, count *int) plan {
	return plan{
		name: "script",
		argv: func(int) []string {
			*count++
			return []string{"/bin/sh", "-c", text}
		},
		url:   func(int) string { return "" },
		ready: func(string, int) bool { return false },
		quit:  syscall.SIGTERM,
	}
}

func TestOpenTriesAnotherPortOnlyWhenOneIsTaken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script string
		tries  int
	}{
		"port taken":    {"echo 'bind: Address already in use'; exit 1", portTries},
		"other failure": {"echo 'no such option'; exit 1", 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tries int
			_, err := open(script(tc.script, &tries), noPreparation)
			if err == nil || tries != tc.tries {
				t.Errorf("%d tries (%v), want %d", tries, err, tc.tries)
			}
		})
	}
}

func TestOpenReportsWhatTheServerSaid(t *testing.T) {
	t.Parallel()
	var tries int
	_, err := open(script("echo 'FATAL: bad weather'; exit 1", &tries), noPreparation)
	if err == nil || !strings.Contains(err.Error(), "bad weather") {
		t.Errorf("got %v", err)
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	t.Parallel()
	var tries int
	dir := t.TempDir()
	proc, err := startProcess(script("trap '' TERM; echo up; while :; do read x; done", &tries), 0, dir)
	if err != nil {
		t.Fatal(err)
	}
	proc.signal(syscall.SIGKILL)
	ctx, cancel := context.WithTimeout(t.Context(), stopTimeout)
	defer cancel()
	if err := proc.wait(ctx); err != nil {
		t.Error(err)
	}
}

func TestServerLeavesNothing(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	dir := s.dir
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory is still there (%v)", err)
	}
	if err := s.Start(); err == nil {
		t.Error("a closed server starts")
	}
	if err := s.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
}

func TestReadyIsAboutThisProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/"+dataName, 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, file string
		want       bool
	}{
		{"starting", "42\n/data\n1\n10000\n\n127.0.0.1\n  1  2\nstarting\n", false},
		{"ready", "42\n/data\n1\n10000\n\n127.0.0.1\n  1  2\nready   \n", true},
		{"left by a killed server", "41\n/data\n1\n10000\n\n127.0.0.1\n  1  2\nready   \n", false},
		{"half written", "42\n/data\n", false},
	}
	for _, tc := range tests {
		if err := os.WriteFile(dir+"/"+dataName+"/postmaster.pid", []byte(tc.file), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := postgresReady(dir, 42); got != tc.want {
			t.Errorf("%s: ready is %v, want %v", tc.name, got, tc.want)
		}
	}
}

func startRedis(t *testing.T) *Server {
	t.Helper()
	s, err := Redis()
	if errors.Is(err, ErrMissing) && os.Getenv("REQUIRE_SERVICES") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// eventually fails the test unless it becomes true in time.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !holds() {
		if pause(ctx) != nil {
			t.Fatal("never: " + what)
		}
	}
}
