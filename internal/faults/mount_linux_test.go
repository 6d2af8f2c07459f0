package faults_test

import (
	"os/exec"
	"sync"
	"syscall"
)

// mayMount reports whether a process may have its own view of file systems,
// as testdata/confined does.
var mayMount = sync.OnceValue(func() bool {
	command := exec.Command("true")
	command.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	return command.Run() == nil
})
