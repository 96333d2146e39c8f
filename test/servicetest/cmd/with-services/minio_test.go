//go:build linux || darwin

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/weav-ai/weav/test/servicetest/localserver"
)

// Not in parallel: a child forked meanwhile would hold the fake go command open for writing, and
// the system refuses to run it then.
func TestMinIOIsBuiltOnce(t *testing.T) {
	calls := fakeGo(t, `echo program >"$GOBIN/minio"`)
	for range 2 {
		minio := buildMinIO()
		if err := minio.wait(nil); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := calls(), "install "+localserver.MinIOPackage; got != want {
		t.Errorf("calls:\n%s\nwant once: %s", got, want)
	}
	if path, err := localserver.FindMinIO(); err != nil || path != localserver.MinIOBuild() {
		t.Errorf("found %q (%v)", path, err)
	}
	if left := contents(t, filepath.Dir(localserver.MinIOBuild())); len(left) != 1 {
		t.Errorf("the build left %v", left)
	}
}

func TestAFailedBuildLeavesNothing(t *testing.T) {
	fakeGo(t, `echo half >"$GOBIN/minio"; echo 'no such version'; exit 1`)
	err := buildMinIO().wait(nil)
	if err == nil || !strings.Contains(err.Error(), "no such version") {
		t.Errorf("got %v, want what the go command said", err)
	}
	if _, err := localserver.FindMinIO(); !errors.Is(err, localserver.ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
}

func TestASignalEndsTheBuild(t *testing.T) {
	fakeGo(t, `trap 'exit 1' INT; while :; do read -r line <"$GOBIN/../never"; done`)
	fifo := filepath.Join(filepath.Dir(localserver.MinIOBuild()), "never")
	if err := os.MkdirAll(filepath.Dir(fifo), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	minio := buildMinIO()
	if err := minio.wait(signals); err == nil {
		t.Error("a build that was interrupted counts as done")
	}
	minio.stop()
	if _, err := localserver.FindMinIO(); !errors.Is(err, localserver.ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
}

// fakeGo puts a go command and an empty cache in place, and returns a reader of the calls.
func fakeGo(t *testing.T, script string) (calls func() string) {
	t.Helper()
	dir := t.TempDir()
	program, notes := filepath.Join(dir, "go"), filepath.Join(dir, "calls")
	text := "#!/bin/sh\necho \"$*\" >>'" + notes + "'\n" + script + "\n"
	if err := os.WriteFile(program, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GO", program)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	t.Setenv("PATH", dir) // Without a minio.
	return func() string {
		b, err := os.ReadFile(notes)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(b))
	}
}

func contents(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
