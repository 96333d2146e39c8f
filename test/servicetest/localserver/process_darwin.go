package localserver

import "syscall"

// endWithParent does nothing: macOS cannot tell a child of its parent's death. A server
// that a crashed test leaves behind runs until it is stopped by hand.
func endWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// children finds none here: without /proc a kill reaches the first process alone, and its children
// end by themselves once they notice.
func children(int) []int { return nil }

// lives is asked of children only, and there are none.
func lives(int) bool { return false }
