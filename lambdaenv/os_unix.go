//go:build linux || darwin

package lambdaenv

import (
	"errors"
	"os"
	"syscall"
)

const (
	supported = true

	sigStop = syscall.SIGSTOP
	sigCont = syscall.SIGCONT
)

// spawn starts path as the leader of a new process group, with its output going
// to out. It must be called on the thread that childAttr asks for.
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
// reports how, and the peak of its memory; the pid is free from then on.
func awaitChange(pid int) (stopped bool, how exitStatus, peak int64) {
	for {
		var ws syscall.WaitStatus
		var usage syscall.Rusage
		switch _, err := syscall.Wait4(pid, &ws, syscall.WUNTRACED, &usage); {
		case err == syscall.EINTR:
		case err != nil:
			return false, exitStatus{text: "wait: " + err.Error(), code: -1}, 0
		case ws.Stopped():
			return true, exitStatus{}, 0
		case ws.Signaled():
			return false, exitStatus{text: "signal: " + ws.Signal().String(), code: -1}, usage.Maxrss * maxrssUnit
		case ws.Exited():
			return false, exitStatus{text: "exit status " + itoa(ws.ExitStatus()), code: ws.ExitStatus()}, usage.Maxrss * maxrssUnit
		}
	}
}

// signalGroup sends sig to every process of the group.
func signalGroup(pgid int, sig syscall.Signal) error {
	err := syscall.Kill(-pgid, sig)
	if err == syscall.EPERM {
		// macOS answers so for a group of nothing but zombies.
		return syscall.ESRCH
	}
	return err
}

// readNow reads what is there without blocking: n is 0 when nothing is, and
// more says whether anything may still come.
func readNow(fd uintptr, b []byte) (n int, more bool) {
	for {
		n, err := syscall.Read(int(fd), b)
		switch {
		case err == syscall.EINTR:
		case errors.Is(err, syscall.EAGAIN):
			return 0, true
		case err != nil:
			return 0, false
		default:
			return n, n > 0
		}
	}
}
