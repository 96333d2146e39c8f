//go:build linux || darwin

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/weav-ai/weav/test/servicetest/localserver"
)

// interruptTimeout is how long the go command may take to end what it has begun.
const interruptTimeout = 30 * time.Second

// build is the installation of MinIO, which takes minutes the first time, while other
// things are made ready.
type build struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error // Belongs to the reader when done is closed.
}

// buildMinIO starts the installation, unless there is a MinIO.
func buildMinIO() *build {
	ctx, cancel := context.WithCancel(context.Background())
	b := &build{cancel: cancel, done: make(chan struct{})}
	if !fails(localserver.FindMinIO) {
		close(b.done)
		return b
	}
	fmt.Fprintln(os.Stderr, "with-services: building MinIO, which takes minutes the first time")
	go func() {
		defer close(b.done)
		b.err = installMinIO(ctx, localserver.MinIOBuild())
	}()
	return b
}

// wait returns when MinIO is there, or with an error when a signal comes first.
func (b *build) wait(signals <-chan os.Signal) error {
	select {
	case <-b.done:
		return b.err
	case sig := <-signals:
		return fmt.Errorf("%v while MinIO was being built", sig)
	}
}

// stop ends an installation that still runs.
func (b *build) stop() {
	b.cancel()
	<-b.done
}

// installMinIO builds into a directory of its own, so that path is either absent or a whole program.
func installMinIO(ctx context.Context, path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the directory of MinIO: %w", err)
	}
	tmp, err := os.MkdirTemp(dir, "building-")
	if err != nil {
		return fmt.Errorf("make a directory to build MinIO: %w", err)
	}
	defer func() { _ = os.RemoveAll(tmp) }() // Nobody looks for it there.
	if err := goInstall(ctx, localserver.MinIOPackage, tmp); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(tmp, filepath.Base(path)), path); err != nil {
		return fmt.Errorf("place MinIO: %w", err)
	}
	return nil
}

// goInstall builds a package with the go command that GO names, as the Makefile has it.
func goInstall(ctx context.Context, pkg, into string) error {
	program := os.Getenv("GO")
	if program == "" {
		program = "go"
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "install", pkg)
	cmd.Dir = into
	cmd.Env = append(os.Environ(), "GOBIN="+into, "CGO_ENABLED=0", "GOFLAGS=")
	cmd.Stdout, cmd.Stderr = &said, &said
	// Killed at once, the go command would leave its compilers behind.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = interruptTimeout
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go install %s: %w\n%s", pkg, err, said.Bytes())
	}
	return nil
}
