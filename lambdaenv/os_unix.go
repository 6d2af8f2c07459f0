//go:build linux || darwin

package lambdaenv

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// awaitChange blocks until the child stopped or ended. After the end the pid is free.
func awaitChange(pid int) (status syscall.WaitStatus, usage syscall.Rusage) {
	for {
		_, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, &usage)
		if err != syscall.EINTR {
			return status, usage
		}
	}
}

// describe is how a process ended, in the words of package os.
func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "signal: " + status.Signal().String()
	}
	return fmt.Sprint("exit status ", status.ExitStatus())
}

// signalGroup sends sig to every process of the group.
func signalGroup(pgid int, sig syscall.Signal) error {
	err := syscall.Kill(-pgid, sig)
	if err == syscall.EPERM {
		return syscall.ESRCH // macOS answers so for a group of nothing but zombies
	}
	return err
}

// readNow reads what is there without blocking: n is 0 when nothing is, and
// more reports whether anything may still come.
func readNow(fd uintptr, b []byte) (n int, more bool) {
	n, err := syscall.Read(int(fd), b)
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), b)
	}
	if err != nil {
		return 0, errors.Is(err, syscall.EAGAIN)
	}
	return n, n > 0
}

// peakMemory returns the most memory, in bytes, that a running process ever used. On
// macOS it is not available without cgo, and so zero.
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
