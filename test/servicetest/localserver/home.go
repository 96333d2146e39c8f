//go:build linux || darwin

package localserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	homePattern = "weav-services-*"
	logName     = "server.log"
	pidName     = "server.pid"
	// tooYoung protects a home between its making and its locking.
	tooYoung = time.Minute
)

// home is the directory that holds the servers of this process, while it has any.
// The lock on it is held for as long as the process lives: what can be locked is
// left from a process that died.
var home struct {
	sync.Mutex
	servers int
	lock    *os.File
}

// acquireDir makes the directory of one server. Each call is paid back by releaseHome.
func acquireDir(name string, o *owner) (string, error) {
	home.Lock()
	defer home.Unlock()
	if home.lock == nil {
		lock, err := newHome()
		if err != nil {
			return "", err
		}
		home.lock = lock
	}
	dir, err := os.MkdirTemp(home.lock.Name(), name+"-")
	if err != nil {
		return "", fmt.Errorf("make a server directory: %w", err)
	}
	if o != nil {
		if err := os.Chown(dir, int(o.uid), int(o.gid)); err != nil {
			return "", fmt.Errorf("hand over the server directory: %w", err)
		}
	}
	home.servers++
	return dir, nil
}

// releaseHome removes the home with its last server.
func releaseHome() error {
	home.Lock()
	defer home.Unlock()
	home.servers--
	if home.servers > 0 {
		return nil
	}
	lock := home.lock
	home.lock = nil
	return errors.Join(os.RemoveAll(lock.Name()), lock.Close())
}

func newHome() (*os.File, error) {
	sweep(os.TempDir())
	dir, err := os.MkdirTemp("", homePattern)
	if err != nil {
		return nil, fmt.Errorf("make a directory for servers: %w", err)
	}
	// Postgres may run as another user, who must be able to reach its own directory inside.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open the directory for servers: %w", err)
	}
	lock, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open the directory for servers: %w", err)
	}
	if err := flock(lock); err != nil {
		return nil, fmt.Errorf("lock the directory for servers: %w", err)
	}
	return lock, nil
}

// sweep ends and removes what dead processes of this user left. It is a courtesy to
// the machine, so it passes over whatever it cannot mend.
func sweep(tmp string) {
	homes, _ := filepath.Glob(filepath.Join(tmp, homePattern)) // The pattern is well formed.
	for _, dir := range homes {
		if lock := claim(dir); lock != nil {
			killServersOf(dir)
			_ = os.RemoveAll(dir)
			_ = lock.Close()
		}
	}
}

// claim locks the home of a dead process; nil when it is in use, new or another user's.
func claim(dir string) *os.File {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || time.Since(info.ModTime()) < tooYoung {
		return nil
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Getuid() {
		return nil
	}
	lock, err := os.Open(dir)
	if err != nil {
		return nil
	}
	if flock(lock) != nil {
		_ = lock.Close()
		return nil
	}
	return lock
}

func flock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// killServersOf kills servers that outlived their starter. A pid counts only if its process
// still works in the directory, for the number may name another process by now.
func killServersOf(dir string) {
	files, _ := filepath.Glob(filepath.Join(dir, "*", pidName)) // The pattern is well formed.
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		pid, err := strconv.Atoi(string(b))
		if err != nil {
			continue
		}
		cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
		if err == nil && strings.HasPrefix(cwd, filepath.Dir(file)) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
