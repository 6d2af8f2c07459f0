package lambdaenv

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// RuntimeName is the name of the function's process, beside the file names of
// the extensions.
const RuntimeName = "runtime"

// signalTimeout bounds how long a process may take to stop or to die after the
// signal: only one in uninterruptible sleep takes any time at all.
const signalTimeout = 10 * time.Second

// A process is a running extension or runtime with all its descendants, as
// far as they stay in its process group.
type process struct {
	source Source
	name   string
	pid    int
	out    *output
	log    *eventLog

	signaledByTest bool // by Environment.Signal, so it may run while frozen; owned by the environment
	stopped        atomic.Bool
	stops          chan struct{} // has one when something was stopped

	mu   sync.Mutex // held while sending a signal, so that the pid is not another's
	dead bool

	exited chan struct{} // closed after the process, its output and its log
	status exitStatus    // of the ended process
	peak   int64         // memory of the ended process
}

// exitStatus is how a process ended. The code is -1 after a signal.
type exitStatus struct {
	text string
	code int
}

func newProcess(source Source, name string, log *eventLog) *process {
	return &process{source: source, name: name, log: log, stops: make(chan struct{}, 1), exited: make(chan struct{})}
}

// run runs the executable at path in dir, and returns when it has ended; false means
// that it did not start. It sends on started when it runs, or could not be started.
//
// It locks its thread: the kernel kills the child when the thread that started it
// ends (see childAttr), and this one ends after the child.
func (p *process) run(path, dir string, environ []string, started chan<- error) bool {
	runtime.LockOSThread() // without an end, so the thread ends with the goroutine
	out, w, err := newOutput(func(line string) { p.entry(Line, line) })
	if err == nil {
		p.out = out
		p.pid, err = spawn(path, dir, environ, w)
		w.Close()
	}
	started <- err
	if err != nil {
		if out != nil {
			out.finish()
		}
		return false
	}
	for {
		stopped, status, peak := awaitChange(p.pid)
		if !stopped {
			p.status, p.peak = status, peak
			break
		}
		p.stopped.Store(true)
		select {
		case p.stops <- struct{}{}:
		default:
		}
	}
	p.mu.Lock()
	p.dead = true
	signalGroup(p.pid, syscall.SIGKILL) // its descendants
	p.mu.Unlock()
	p.out.finish()
	p.entry(Exited, p.status.text)
	close(p.exited)
	return true
}

func (p *process) entry(kind Kind, text string) {
	e := Entry{Source: p.source, Kind: kind, Text: text}
	if p.source == Extension {
		e.Name = p.name
	}
	p.log.add(e)
}

// String names the process in messages.
func (p *process) String() string {
	if p.source == Extension {
		return fmt.Sprintf("extension %q", p.name)
	}
	return "the function"
}

func (p *process) alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// send sends a signal to the process group. If the process is dead the error
// is os.ErrProcessDone.
func (p *process) send(sig syscall.Signal) error { return p.signal(sig, "") }

// signal is send with an entry in the log of that text, ahead of what comes of it.
func (p *process) signal(sig syscall.Signal, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return os.ErrProcessDone
	}
	if text != "" {
		p.entry(Signaled, text)
	}
	if sig == sigCont {
		p.stopped.Store(false)
	}
	return signalGroup(p.pid, sig)
}

// stopProcesses stops the processes and returns when none of their threads runs any
// more, which is when the kernel reports the stop to us: waitpid(2), WUNTRACED.
func stopProcesses(ps []*process) error {
	for _, p := range ps {
		p.send(sigStop)
	}
	expired := time.NewTimer(signalTimeout)
	defer expired.Stop()
	for _, p := range ps {
		for p.alive() && !p.stopped.Load() {
			select {
			case <-p.stops:
			case <-p.exited:
			case <-expired.C:
				return fmt.Errorf("freeze %v (pid %d): still running %v after SIGSTOP", p, p.pid, signalTimeout)
			}
		}
		p.out.drain()
	}
	return nil
}

// kill kills the processes and returns when they are gone.
func kill(ps []*process) error {
	for _, p := range ps {
		p.signal(syscall.SIGKILL, "SIGKILL")
	}
	expired := time.NewTimer(signalTimeout)
	defer expired.Stop()
	var errs []error
	for _, p := range ps {
		select {
		case <-p.exited:
		case <-expired.C:
			errs = append(errs, fmt.Errorf("kill %v (pid %d): still there %v after SIGKILL", p, p.pid, signalTimeout))
		}
	}
	return errors.Join(errs...)
}

// maxMemory returns the peak memory of all processes together, in MB.
func (e *Environment) maxMemory() int {
	if e.sandbox == nil {
		return 0
	}
	var sum int64
	for _, p := range e.sandbox.processes() {
		if p.alive() {
			sum += peakMemory(p.pid)
		} else {
			sum += p.peak
		}
	}
	return int((sum + 1<<20 - 1) >> 20)
}

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
		if e.sandbox == nil {
			return
		}
		for _, p := range e.sandbox.processes() {
			if p.alive() {
				ps = append(ps, Process{p.name, p.pid})
			}
		}
	})
	return ps
}

// Signal sends a signal to a process and its descendants, for tests of what
// happens then. It returns os.ErrProcessDone if there is no such process.
func (e *Environment) Signal(name string, sig os.Signal) error {
	s, ok := sig.(syscall.Signal)
	if !ok {
		return fmt.Errorf("lambdaenv: send %v: not a signal of this operating system", sig)
	}
	err := os.ErrProcessDone
	e.do(func() {
		if e.sandbox == nil {
			return
		}
		for _, p := range e.sandbox.processes() {
			if p.name != name {
				continue
			}
			p.signaledByTest = true
			if s == sigStop {
				err = stopProcesses([]*process{p})
			} else {
				err = p.send(s)
			}
		}
	})
	return err
}
