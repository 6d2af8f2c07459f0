package lambdaenv

import "syscall"

// childAttr makes the child a process group leader, and has the kernel kill it when
// its parent ends. For the kernel the parent is the thread that started the child:
// prctl(2), PR_SET_PDEATHSIG.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// rssUnit is the unit of Rusage.Maxrss: getrusage(2).
const rssUnit = 1024
