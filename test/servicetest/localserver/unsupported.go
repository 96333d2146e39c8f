//go:build !linux && !darwin

package localserver

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
)

const logName = "server.log"

var errSystem = fmt.Errorf("test servers on %s: %w", runtime.GOOS, ErrMissing)

type owner struct{}

type process struct{ pid int }

func unprivileged() (*owner, error)             { return nil, errSystem }
func acquireDir(string, *owner) (string, error) { return "", errSystem }
func releaseHome() error                        { return nil }

func runAs(context.Context, *owner, string, ...string) error { return errSystem }

func startProcess(plan, int, string) (*process, error) {
	return nil, errSystem
}

func (*process) running() bool              { return false }
func (*process) signal(syscall.Signal)      {}
func (*process) wait(context.Context) error { return nil }
