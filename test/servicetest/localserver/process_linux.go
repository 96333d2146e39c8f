package localserver

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// endWithParent has the kernel signal the server when its starter dies, however that
// happens. The kernel watches the thread that forked; Go ends a thread only
// with a goroutine that was locked to it, which tests here do not do.
func endWithParent(a *syscall.SysProcAttr, orphaned syscall.Signal) { a.Pdeathsig = orphaned }

// children are the processes whose parent is pid.
func children(pid int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var kids []int
	for _, e := range entries {
		kid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if _, parent, ok := stat(kid); ok && parent == pid {
			kids = append(kids, kid)
		}
	}
	return kids
}

// lives reports whether a process has not ended; one that only waits to be buried has.
func lives(pid int) bool {
	state, _, ok := stat(pid)
	return ok && state != 'Z' && state != 'X'
}

// stat reads a process's state and parent. Its name stands before them, in parentheses, and
// may hold anything.
func stat(pid int) (state byte, parent int, ok bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, false
	}
	_, err = fmt.Sscanf(string(b[bytes.LastIndexByte(b, ')')+1:]), " %c %d", &state, &parent)
	return state, parent, err == nil
}
