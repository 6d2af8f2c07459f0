//go:build linux

// Command tmpfs runs the layer's extension, EXTENSION, with another file system at
// TMPDIR: TMPFS=full or TMPFS=read-only. The function does not see that file system.
package main

import (
	"os"
	"runtime"
	"syscall"
)

func main() {
	runtime.LockOSThread()
	tmp := os.Getenv("TMPDIR")
	must(syscall.Unshare(syscall.CLONE_NEWNS))
	must(syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
	switch os.Getenv("TMPFS") {
	case "full":
		must(syscall.Mount("none", tmp, "tmpfs", 0, "size=16k"))
	case "read-only":
		must(syscall.Mount("none", tmp, "tmpfs", syscall.MS_RDONLY, ""))
	}
	must(syscall.Exec(os.Getenv("EXTENSION"), os.Args, os.Environ()))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
