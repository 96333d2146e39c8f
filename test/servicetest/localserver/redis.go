package localserver

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Redis starts a new, empty Redis that keeps everything in memory: a restart forgets it all,
// as the worst case in production does.
func Redis() (*Server, error) {
	path, err := FindRedis()
	if err != nil {
		return nil, err
	}
	p := plan{
		name:     "redis",
		argv:     func(port int) []string { return redisArgs(path, port) },
		url:      func(port int) string { return fmt.Sprintf("redis://%s:%d/0", loopback, port) },
		ready:    redisReady,
		quit:     syscall.SIGTERM,
		orphaned: syscall.SIGKILL,
	}
	return open(p, noPreparation)
}

func redisArgs(path string, port int) []string {
	return []string{
		path,
		"--port", strconv.Itoa(port),
		"--bind", loopback,
		"--save", "",
		"--appendonly", "no",
	}
}

// redisReady reads the log, which each start truncates.
func redisReady(dir string, _ int) bool {
	b, err := os.ReadFile(filepath.Join(dir, logName))
	return err == nil && bytes.Contains(b, []byte("Ready to accept connections"))
}
