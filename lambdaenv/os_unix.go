//go:build linux || darwin

package lambdaenv

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

const (
	supported = true

	sigStop = syscall.SIGSTOP
	sigCont = syscall.SIGCONT
)

// spawn starts path as the leader of a new process group, with its output going
// to out. The child is killed when the thread ends that calls spawn: see childAttr.
func spawn(path, dir string, environ []string, out *os.File) (pid int, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	p, err := os.StartProcess(path, []string{path}, &os.ProcAttr{
		Dir:   dir,
		Env:   environ,
		Files: []*os.File{null, out, out},
		Sys:   childAttr(),
	})
	if err != nil {
		return 0, err
	}
	pid = p.Pid
	p.Release() // awaitChange waits for it, which os.Process cannot do for a stop
	return pid, nil
}

// awaitChange blocks until the child stopped or ended. After the end it
// returns how it ended, and the peak of its memory; the pid is free from then on.
func awaitChange(pid int) (stopped bool, status exitStatus, peak int64) {
	var ws syscall.WaitStatus
	var usage syscall.Rusage
	_, err := syscall.Wait4(pid, &ws, syscall.WUNTRACED, &usage)
	for err == syscall.EINTR {
		_, err = syscall.Wait4(pid, &ws, syscall.WUNTRACED, &usage)
	}
	peak = usage.Maxrss
	if runtime.GOOS == "linux" {
		peak *= 1024 // getrusage(2); on macOS it is in bytes
	}
	switch {
	case err != nil:
		return false, exitStatus{"wait: " + err.Error(), -1}, 0
	case ws.Stopped():
		return true, exitStatus{}, 0
	case ws.Signaled():
		return false, exitStatus{"signal: " + ws.Signal().String(), -1}, peak
	}
	return false, exitStatus{fmt.Sprint("exit status ", ws.ExitStatus()), ws.ExitStatus()}, peak
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
