package localserver

import "syscall"

// endWithParent has the kernel signal the server when its starter dies, however that
// happens. The kernel watches the thread that forked; Go ends a thread only
// with a goroutine that was locked to it, which tests here do not do.
func endWithParent(a *syscall.SysProcAttr, orphaned syscall.Signal) { a.Pdeathsig = orphaned }
