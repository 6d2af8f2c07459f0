package lambdaenv

import "syscall"

// childAttr makes the child the leader of a process group, and has the kernel kill
// it when we die, however we die. It counts as our death that the thread ends that
// started the child: prctl(2), PR_SET_PDEATHSIG.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
