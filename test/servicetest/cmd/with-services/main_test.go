//go:build linux || darwin

package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestExitCodeIsTheCommands(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script string
		want   int
	}{
		"success":            {"exit 0", 0},
		"failure":            {"exit 3", 3},
		"ended by a signal":  {"kill -TERM $$", 128 + int(syscall.SIGTERM)},
		"services are asked": {`test "$REQUIRE_SERVICES" = 1 && test "$WEAV_TEST_POSTGRES_URL" = the-url`, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, err := supervise(shell(tc.script, io.Discard), nil)
			if err != nil || code != tc.want {
				t.Errorf("code %d (%v), want %d", code, err, tc.want)
			}
		})
	}
}

func TestSignalsReachAllThatTheCommandStarted(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	cmd := shell(`sh -c 'trap "echo child ends; exit" TERM; echo ready; while :; do sleep 1; done'`, w)
	signals := make(chan os.Signal, 1)
	var code int
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		code, _ = supervise(cmd, signals)
		_ = w.Close()
	}()
	lines := bufio.NewScanner(r)
	for lines.Scan() && lines.Text() != "ready" {
		t.Log(lines.Text())
	}
	signals <- syscall.SIGTERM
	var rest []string
	for lines.Scan() {
		rest = append(rest, lines.Text())
	}
	<-ended
	if got := strings.Join(rest, "\n"); got != "child ends" {
		t.Errorf("the command's child wrote %q after the signal", got)
	}
	if code == 0 {
		t.Error("an interrupted command counts as a success")
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"nothing":      nil,
		"no command":   {"--"},
		"no separator": {"go", "test"},
	} {
		if code, err := run(args); code != failure || err == nil {
			t.Errorf("%s: code %d, error %v", name, code, err)
		}
	}
}

func TestUnknownCommand(t *testing.T) {
	t.Parallel()
	if code, err := supervise(exec.Command("/nowhere/to/be/found"), nil); code != failure || err == nil {
		t.Errorf("code %d, error %v", code, err)
	}
}

func shell(script string, out io.Writer) *exec.Cmd {
	cmd := command([]string{"/bin/sh", "-c", script}, "WEAV_TEST_POSTGRES_URL=the-url")
	cmd.Stdout, cmd.Stderr = out, nil
	return cmd
}
