//go:build linux || darwin

package servicetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec" // A test of this package has an exec of its own.
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/weav-ai/weav/test/servicetest/localserver"
)

// Node returns the path of node, for a script of an npm project whose packages are installed. Without
// them the test is skipped, or fails where services are required.
func Node(tb testing.TB, project, pkg string) string {
	tb.Helper()
	node, err := osexec.LookPath("node")
	if err != nil {
		lacking(tb, "node is not installed")
	}
	if _, err := os.Stat(filepath.Join(project, "node_modules", pkg)); err != nil {
		lacking(tb, fmt.Sprintf("%s is not installed: run npm ci in %s first, as make test does", pkg, project))
	}
	return node
}

// FreePort is a port that nothing listens on, for a server that must be given one.
func FreePort(tb testing.TB) string {
	tb.Helper()
	port, err := localserver.FreePort()
	if err != nil {
		tb.Fatal(err)
	}
	return strconv.Itoa(port)
}

// nodePatience is how long a server may take until it listens.
const nodePatience = time.Minute

// NodeServer starts a server of an npm package and returns its address, which listensAt finds in what it prints. The
// server ends with the test, whole: some packages are launchers that would leave their child behind.
func NodeServer(tb testing.TB, project, pkg, script string, listensAt *regexp.Regexp, args ...string) string {
	tb.Helper()
	node := Node(tb, project, pkg)
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context())) // It outlives the requests to it.
	cmd := osexec.CommandContext(ctx, node, append([]string{filepath.Join(project, "node_modules", pkg, script)}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // It was killed.
	})
	late := time.AfterFunc(nodePatience, cancel)
	defer late.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if at := listensAt.FindStringSubmatch(lines.Text()); at != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return at[1]
		}
	}
	tb.Fatalf("%s ended, or was silent for %v, before it said where it listens", pkg, nodePatience)
	return ""
}
