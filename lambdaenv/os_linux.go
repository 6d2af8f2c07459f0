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

// reservePort finds a free port of 127.0.0.1 and keeps it from everybody who
// does not ask for it by number, until release is called.
//
// A socket that is bound but does not listen does that: the kernel gives its
// port to nobody who asks for any port, while a listener that names the port
// may have it, as both sides set SO_REUSEADDR: socket(7).
func reservePort() (port int, release func(), err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, os.NewSyscallError("socket", err)
	}
	release = func() { syscall.Close(fd) }
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		release()
		return 0, nil, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		release()
		return 0, nil, os.NewSyscallError("bind", err)
	}
	address, err := syscall.Getsockname(fd)
	if err != nil {
		release()
		return 0, nil, os.NewSyscallError("getsockname", err)
	}
	return address.(*syscall.SockaddrInet4).Port, release, nil
}
