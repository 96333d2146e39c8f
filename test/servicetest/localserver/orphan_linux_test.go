package localserver

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// orphanEnv makes the test binary a process that starts servers and is then killed.
const orphanEnv = "WEAV_TEST_STARTER"

func TestMain(m *testing.M) {
	if os.Getenv(orphanEnv) == "" {
		os.Exit(m.Run())
	}
	for _, start := range []func() (*Server, error){Postgres, Redis, MinIO} {
		s, err := start()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Fprintln(os.Stdout, s.Addr())
	}
	select {} // Until it is killed.
}

func TestServersDieWithTheirStarter(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	tmp := openTempDir(t)
	starter := exec.Command(os.Args[0])
	starter.Env = append(os.Environ(), orphanEnv+"=1", "TMPDIR="+tmp)
	starter.Stderr = os.Stderr
	out, err := starter.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := starter.Start(); err != nil {
		t.Fatal(err)
	}
	addrs := firstLines(t, bufio.NewScanner(out), 3)
	for _, addr := range addrs {
		if !answers(addr) {
			t.Errorf("nobody listens at %s", addr)
		}
	}
	if err := starter.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = starter.Wait() // It was killed, and says so.
	for _, addr := range addrs {
		eventually(t, addr+" is closed", func() bool { return !answers(addr) })
	}
	left := homesIn(t, tmp, 1)
	age(t, left[0])
	sweep(tmp)
	homesIn(t, tmp, 0)
}

func TestSweepKillsServersOfTheDead(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	dir := filepath.Join(tmp, "weav-services-1", "redis-1")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var count int
	proc, err := startProcess(script("exec sleep 60", &count), 0, dir)
	if err != nil {
		t.Fatal(err)
	}
	age(t, filepath.Dir(dir))
	sweep(tmp)
	eventually(t, "the server is gone", func() bool { return !proc.running() })
}

func TestSweepSparesWhatMayBeInUse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name    string
		prepare func(t *testing.T, dir string)
		spared  bool
	}{
		"left by a dead process": {"weav-services-1", age, false},
		"of a living process":    {"weav-services-2", oldAndLocked, true},
		"being made":             {"weav-services-3", func(*testing.T, string) {}, true},
		"of another program":     {"somebody-else", age, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmp := t.TempDir()
			dir := filepath.Join(tmp, tc.name)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			tc.prepare(t, dir)
			sweep(tmp)
			if _, err := os.Stat(dir); (err == nil) != tc.spared {
				t.Errorf("spared is %v, want %v", err == nil, tc.spared)
			}
		})
	}
}

func needPrograms(t *testing.T) {
	t.Helper()
	_, postgres := FindPostgres()
	_, redis := FindRedis()
	_, minio := FindMinIO()
	err := errors.Join(postgres, redis, minio)
	if err != nil && os.Getenv("REQUIRE_SERVICES") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// openTempDir is a temporary directory that the account of Postgres can reach into.
func openTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "weav-orphans-") //nolint:usetesting // t.TempDir is closed to other accounts.
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func firstLines(t *testing.T, s *bufio.Scanner, n int) []string {
	t.Helper()
	var lines []string
	for len(lines) < n && s.Scan() {
		lines = append(lines, s.Text())
	}
	if len(lines) < n {
		t.Fatalf("the starter ended after %d of %d servers", len(lines), n)
	}
	return lines
}

func homesIn(t *testing.T, tmp string, want int) []string {
	t.Helper()
	homes, err := filepath.Glob(filepath.Join(tmp, homePattern))
	if err != nil || len(homes) != want {
		t.Fatalf("homes %v (%v), want %d", homes, err, want)
	}
	return homes
}

// age makes a home old enough to be swept.
func age(t *testing.T, dir string) {
	t.Helper()
	past := time.Now().Add(-2 * tooYoung)
	if err := os.Chtimes(dir, past, past); err != nil {
		t.Fatal(err)
	}
}

func oldAndLocked(t *testing.T, dir string) {
	t.Helper()
	age(t, dir)
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if err := flock(f); err != nil {
		t.Fatal(err)
	}
}
