package lambdaenv

import "syscall"

// maxrssUnit is what macOS counts a process's peak memory in: getrusage(2).
const maxrssUnit = 1

// childAttr makes the child the leader of a process group. macOS cannot tie
// its life to ours: a child of a killed parent is left over.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// peakMemory is not available for a running process without cgo.
func peakMemory(int) int64 { return 0 }
