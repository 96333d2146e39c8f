package localserver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// dataName is the data directory inside a server's own directory.
const dataName = "data"

// Postgres starts a new, empty Postgres. Its URL names the superuser and the database
// "postgres", needs no password, and suits lib/pq and pgx.
//
// The server does not fsync: it survives Kill, as the system keeps what was written, but
// not the machine's own crash.
func Postgres() (*Server, error) {
	bin, err := FindPostgres()
	if err != nil {
		return nil, err
	}
	o, err := unprivileged()
	if err != nil {
		return nil, err
	}
	p := plan{
		name:  "postgres",
		argv:  func(port int) []string { return postgresArgs(bin, port) },
		url:   postgresURL,
		ready: postgresReady,
		quit:  syscall.SIGINT, // Fast shutdown: ends sessions, writes a checkpoint.
		// Immediate shutdown: unlike SIGKILL it lets the server remove its shared memory.
		orphaned: syscall.SIGQUIT,
		owner:    o,
	}
	return open(p, func(ctx context.Context, dir string) error { return initdb(ctx, bin, dir, o) })
}

func postgresArgs(bin string, port int) []string {
	args := []string{filepath.Join(bin, "postgres"), "-D", dataName, "-p", strconv.Itoa(port)}
	for _, setting := range []string{
		"listen_addresses=" + loopback,
		"unix_socket_directories=",
		"fsync=off",
		"full_page_writes=off",
		"max_connections=400",             // All packages share one server in a full run, each with pools.
		"dynamic_shared_memory_type=mmap", // In the data directory, where it goes with it after a crash.
	} {
		args = append(args, "-c", setting)
	}
	return args
}

func postgresURL(port int) string {
	return fmt.Sprintf("postgres://postgres@%s:%d/postgres?sslmode=disable", loopback, port)
}

// postgresReady reads postmaster.pid: its first line is the pid, its eighth the state. The file of
// a killed server stays, so the pid must be that of this one.
func postgresReady(dir string, pid int) bool {
	b, err := os.ReadFile(filepath.Join(dir, dataName, "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := strings.Split(string(b), "\n")
	return len(lines) >= 8 && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}

// initdb makes an empty cluster. C.UTF-8 knows the letters of every script, which C does not,
// and sorts alike on every machine; systems without it fall back to C.
func initdb(ctx context.Context, bin, dir string, o *owner) error {
	args := []string{
		"-D", dataName, "-U", "postgres", "-A", "trust", "--encoding=UTF8", "--no-sync",
	}
	err := runAs(ctx, o, dir, append([]string{filepath.Join(bin, "initdb"), "--locale=C.UTF-8"}, args...)...)
	if err != nil && strings.Contains(err.Error(), "invalid locale") {
		err = runAs(ctx, o, dir, append([]string{filepath.Join(bin, "initdb"), "--locale=C"}, args...)...)
	}
	return err
}
