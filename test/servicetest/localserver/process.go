//go:build linux || darwin

package localserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// owner is the account a server runs under.
type owner struct{ uid, gid uint32 }

// unprivileged returns the account for a server that refuses to run as root;
// nil when this process is not root itself.
func unprivileged() (*owner, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // No other account is the ordinary answer, not a failure.
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("find an account for Postgres, which refuses root: %w", err)
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	return &owner{uint32(uid), uint32(gid)}, errors.Join(uidErr, gidErr)
}

// attr gives a server a session of its own, so that a Ctrl-C at the terminal
// does not end it in the middle of a test.
func attr(o *owner) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setsid: true}
	if o != nil {
		a.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
	}
	return a
}

// environ is all a server sees: nothing of the caller's settings (PG…, LC_…) leaks in.
func environ() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}

// process is a child that is waited for by polling. os.Process would need a goroutine per child.
type process struct {
	pid  int
	gone bool
	kids []int // its own children, which were killed with it
}

// startProcess runs a server in dir with its output in the log there.
func startProcess(p plan, port int, dir string) (*process, error) {
	log, err := os.Create(filepath.Join(dir, logName))
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	defer func() { _ = log.Close() }() // The child has its own descriptor.
	sys := attr(p.owner)
	endWithParent(sys, p.orphaned)
	argv := p.argv(port)
	child, err := os.StartProcess(argv[0], argv, &os.ProcAttr{
		Dir: dir, Env: append(environ(), p.env...), Files: []*os.File{nil, log, log}, Sys: sys,
	})
	if err != nil {
		return nil, err
	}
	proc := &process{pid: child.Pid}
	pid := []byte(strconv.Itoa(proc.pid))
	return proc, errors.Join(child.Release(), os.WriteFile(filepath.Join(dir, pidName), pid, 0o600))
}

// running reports whether the process lives, and buries it when it does not.
func (p *process) running() bool {
	if p.gone {
		return false
	}
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(p.pid, &status, syscall.WNOHANG, nil)
	p.gone = pid == p.pid || errors.Is(err, syscall.ECHILD)
	return !p.gone
}

// signal does nothing to a process that is gone. SIGKILL takes its children with it: a
// Postgres session whose first process was killed alone may still answer, and commit, for a while.
func (p *process) signal(sig syscall.Signal) {
	if p.gone {
		return
	}
	// Signals can only fail when their process is gone meanwhile.
	if sig == syscall.SIGKILL {
		_ = syscall.Kill(p.pid, syscall.SIGSTOP) // No further child from here on.
		p.kids = children(p.pid)
		for _, kid := range p.kids {
			_ = syscall.Kill(kid, sig)
		}
	}
	_ = syscall.Kill(p.pid, sig)
}

// wait returns when the process has ended, and the children that were killed with it.
func (p *process) wait(ctx context.Context) error {
	for p.running() || slices.ContainsFunc(p.kids, lives) {
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return nil
}
