//go:build linux || darwin

// Command with-services runs a command beside a fresh Postgres and MinIO, and ends with its exit code:
//
//	with-services -- go test ./...
//
// The command finds the servers' URLs in WEAV_TEST_POSTGRES_URL and WEAV_TEST_MINIO_URL, and
// REQUIRE_SERVICES=1, so that no test is skipped for want of a service. (Tests start their own
// Redis; with-services sees to it that they can.) MinIO is built from its source, once, into
// the user's cache; what else is missing is installed where apt-get and the rights for
// it are there. When the command ends, or a signal ends it, nothing stays behind.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/weav-ai/weav/test/servicetest"
	"github.com/weav-ai/weav/test/servicetest/localserver"
)

// failure is the exit code when the command could not be run, as shells and env use it.
const failure = 125

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with-services:", err)
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	if len(args) < 2 || args[0] != "--" {
		return failure, errors.New("usage: with-services -- command [argument ...]")
	}
	minio := buildMinIO()
	defer minio.stop()
	if err := installMissing(); err != nil {
		return failure, err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	return runBeside(args[1:], minio, signals)
}

// runBeside starts the servers, and the command when both serve.
func runBeside(argv []string, minio *build, signals <-chan os.Signal) (code int, err error) {
	postgres, err := start("Postgres", localserver.Postgres)
	if err != nil {
		return failure, err
	}
	defer func() { err = errors.Join(err, postgres.Close()) }()
	if err := minio.wait(signals); err != nil {
		return failure, err
	}
	store, err := start("MinIO", localserver.MinIO)
	if err != nil {
		return failure, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	cmd := command(argv,
		servicetest.PostgresURLEnv+"="+postgres.URL(),
		servicetest.MinIOURLEnv+"="+store.URL())
	return supervise(cmd, signals)
}

func start(name string, open func() (*localserver.Server, error)) (*localserver.Server, error) {
	began := time.Now()
	server, err := open()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "with-services: %s at %s after %v\n", name, server.Addr(), time.Since(began).Round(time.Millisecond))
	return server, nil
}

func command(argv []string, env ...string) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(append(os.Environ(), "REQUIRE_SERVICES=1"), env...)
	// A group of its own: signals reach the command and all it started, and each once.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// supervise runs cmd, passes signals on to its process group, and returns its exit
// code: 128 and the signal's number when a signal ended it.
func supervise(cmd *exec.Cmd, signals <-chan os.Signal) (int, error) {
	if err := cmd.Start(); err != nil {
		return failure, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // ProcessState says all that matters.
	}()
	for {
		select {
		case sig := <-signals:
			forward(cmd.Process.Pid, sig)
		case <-ended:
			return exitCode(cmd.ProcessState), nil
		}
	}
}

func forward(group int, sig os.Signal) {
	if s, ok := sig.(syscall.Signal); ok {
		_ = syscall.Kill(-group, s) // It fails only when the group has just ended.
	}
}

func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
