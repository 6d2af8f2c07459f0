package lambdaenv

import (
	"fmt"
	"os"
	"syscall"
)

// RuntimeName is the name of the function's process, beside the file names of
// the extensions.
const RuntimeName = "runtime"

// A Process is one process of an environment, for tests of what processes use and
// of what happens when one dies.
type Process struct {
	Name string // RuntimeName, or the file name of the extension
	Pid  int
}

// PeakMemory returns the most memory, in bytes, that the process has used so
// far. It is zero if the process is gone, or if it cannot be known, as on macOS.
func (p Process) PeakMemory() int64 { return peakMemory(p.Pid) }

// Processes returns the processes that run, or are frozen: the function's
// first. There are none after a reset.
func (e *Environment) Processes() []Process {
	var ps []Process
	e.do(func() {
		if e.in == nil {
			return
		}
		for _, p := range e.in.processes() {
			if p.alive() {
				ps = append(ps, Process{p.name, p.pid})
			}
		}
	})
	return ps
}

// Kill sends a signal to a process and its descendants, for tests of what
// happens then. It returns os.ErrProcessDone if there is no such process.
func (e *Environment) Kill(name string, sig os.Signal) error {
	s, ok := sig.(syscall.Signal)
	if !ok {
		return fmt.Errorf("lambdaenv: send %v: not a signal of this operating system", sig)
	}
	err := os.ErrProcessDone
	e.do(func() {
		if e.in == nil {
			return
		}
		for _, p := range e.in.processes() {
			switch {
			case p.name != name:
			case s == sigStop:
				err = freeze([]*process{p})
			default:
				err = p.send(s)
			}
		}
	})
	return err
}
