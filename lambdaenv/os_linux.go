package lambdaenv

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// maxrssUnit is what Linux counts a process's peak memory in: getrusage(2).
const maxrssUnit = 1024

// childAttr has the kernel kill the child when we die, whatever the way. It
// counts as our death that the thread ends that started the child: prctl(2),
// PR_SET_PDEATHSIG.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// peakMemory returns the most memory, in bytes, that the process ever used.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("\nVmHWM:"))
	line, _, _ := bytes.Cut(rest, []byte("kB"))
	kb, _ := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	return kb * 1024
}
