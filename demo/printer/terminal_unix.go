//go:build linux || darwin

package printer

import (
	"os"
	"syscall"
	"unsafe"
)

// columnsOf returns the width of the terminal that f is, with the system call of
// golang.org/x/term, which brings 2 MB to download along.
func columnsOf(f *os.File) (columns int, isTerminal bool) {
	var size struct{ rows, columns, width, height uint16 }
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	return int(size.columns), errno == 0
}
