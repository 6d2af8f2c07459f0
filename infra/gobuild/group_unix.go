//go:build unix

package gobuild

import (
	"os/exec"
	"syscall"
)

// endTogether makes the context of cmd end the processes that it has started, too: an
// interrupted go build leaves compilers and linkers behind.
func endTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
