package lambdaenv

import "syscall"

// childAttr makes the child the leader of a process group. macOS cannot kill the
// child of a parent that is killed.
func childAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

const rssUnit = 1 // of Rusage.Maxrss
