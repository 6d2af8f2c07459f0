package lambdaenv

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
)

// RuntimeName is the name of the function's process, beside the file names of
// the extensions.
const RuntimeName = "runtime"

// A process is a running extension or runtime with all its descendants, as
// far as they stay in its process group.
type process struct {
	source Source
	name   string
	pid    int
	out    *output
	log    *eventLog

	mu      sync.Mutex // held while sending a signal, so that the pid is not another's
	changed *sync.Cond // stopped or dead
	stopped bool
	dead    bool

	exited chan struct{}      // closed after the process, its output and its log
	status syscall.WaitStatus // of the ended process
	peak   int64              // memory of the ended process
}

func newProcess(source Source, name string, log *eventLog) *process {
	p := &process{source: source, name: name, log: log, exited: make(chan struct{})}
	p.changed = sync.NewCond(&p.mu)
	return p
}

// spawn starts the process as the leader of a new process group.
func (p *process) spawn(path, dir string, environ []string) error {
	out, w, err := newOutput(func(line string) { p.entry(Line, line) })
	if err != nil {
		return err
	}
	defer w.Close()
	cmd := exec.Command(path)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = dir, environ, w, w, childAttr()
	if err := cmd.Start(); err != nil {
		out.finish()
		return err
	}
	p.out = out
	p.pid = cmd.Process.Pid
	return cmd.Process.Release() // wait does what os.Process cannot do: wait for a stop
}

// awaitChange blocks until the child stopped or ended. After the end the pid is free.
func awaitChange(pid int) (status syscall.WaitStatus, usage syscall.Rusage) {
	for {
		_, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, &usage)
		if err != syscall.EINTR {
			return status, usage
		}
	}
}

// wait returns when the process has ended.
func (p *process) wait() {
	for !p.dead {
		status, usage := awaitChange(p.pid)
		p.mu.Lock()
		p.stopped = status.Stopped()
		if !p.stopped {
			p.dead = true
			p.status, p.peak = status, usage.Maxrss*rssUnit
			signalGroup(p.pid, syscall.SIGKILL) // its descendants
		}
		p.changed.Broadcast()
		p.mu.Unlock()
	}
	p.out.finish()
	p.entry(Exited, describe(p.status))
	close(p.exited)
}

func (p *process) entry(kind Kind, text string) {
	e := Entry{Source: p.source, Kind: kind, Text: text}
	if p.source == Extension {
		e.Name = p.name
	}
	p.log.add(e)
}

// describe is how a process ended, in the words of package os.
func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "signal: " + status.Signal().String()
	}
	return fmt.Sprint("exit status ", status.ExitStatus())
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

// signal sends a signal to the process group. A text is logged ahead of what comes of
// it. If the process is dead the error is os.ErrProcessDone.
func (p *process) signal(sig syscall.Signal, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return os.ErrProcessDone
	}
	if text != "" {
		p.entry(Signaled, text)
	}
	if sig == syscall.SIGCONT {
		p.stopped = false
	}
	return signalGroup(p.pid, sig)
}

// signalGroup sends sig to every process of the group.
func signalGroup(pgid int, sig syscall.Signal) error {
	err := syscall.Kill(-pgid, sig)
	if err == syscall.EPERM {
		return syscall.ESRCH // macOS answers so for a group of nothing but zombies
	}
	return err
}

// stop stops the process and returns when none of its threads runs any more, which
// is when the kernel reports the stop to us: waitpid(2), WUNTRACED.
func (p *process) stop() error {
	if err := p.signal(syscall.SIGSTOP, ""); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.stopped && !p.dead {
		p.changed.Wait()
	}
	p.out.drain()
	return nil
}

// kill kills the processes and returns when they are gone.
func kill(ps ...*process) {
	for _, p := range ps {
		p.signal(syscall.SIGKILL, "SIGKILL")
	}
	for _, p := range ps {
		<-p.exited
	}
}

// maxMemory returns the peak memory of all processes together, in MB.
func (e *Environment) maxMemory() int {
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

// peakMemory returns the most memory, in bytes, that a running process ever used. On
// macOS it is not available without cgo, and so zero.
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
	err := os.ErrProcessDone
	e.do(func() {
		for _, p := range e.sandbox.processes() {
			switch {
			case p.name != name:
			case sig == syscall.SIGSTOP:
				err = p.stop()
			default:
				err = p.signal(sig.(syscall.Signal), "")
			}
		}
	})
	return err
}
