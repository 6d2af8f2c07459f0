package lambdaenv

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// stopWithin bounds how long a process may take to stop or to die once the
// kernel was told so: only one in uninterruptible sleep takes any time at all.
const stopWithin = 10 * time.Second

var itoa = strconv.Itoa

// exitStatus says how a process ended. Its code is -1 after a signal.
type exitStatus struct {
	text string
	code int
}

// A process is a running extension or runtime with all its descendants, as
// far as they stay in its process group.
type process struct {
	source Source
	name   string
	pid    int
	out    *output
	log    *eventLog

	stopped atomic.Bool
	stops   chan struct{} // something was stopped

	mu   sync.Mutex // held while sending a signal, lest the pid is reused
	dead bool

	exited chan struct{} // closed after the process, its output and its log
	status exitStatus    // of the ended process
	peak   int64         // memory of the ended process
}

// A spawner starts processes on a thread of its own, which lives until it is
// stopped: see childAttr.
type spawner chan func()

func newSpawner() spawner {
	s := make(spawner)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for f := range s {
			f()
		}
	}()
	return s
}

func (s spawner) stop() { close(s) }

// start starts path. onExit is called once the process has ended, and exited
// is closed.
func (s spawner) start(source Source, name, path, dir string, environ []string, log *eventLog, onExit func(*process)) (*process, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	p := &process{
		source: source,
		name:   name,
		log:    log,
		stops:  make(chan struct{}, 1),
		exited: make(chan struct{}),
	}
	out, w, err := newOutput(func(line string) { p.entry(Line, line) })
	if err != nil {
		return nil, err
	}
	defer w.Close()
	p.out = out
	go out.read()
	started := make(chan error)
	s <- func() {
		var err error
		p.pid, err = spawn(path, dir, environ, w)
		started <- err
	}
	if err := <-started; err != nil {
		w.Close()
		out.finish()
		return nil, err
	}
	go p.watch(onExit)
	return p, nil
}

// watch notes when the process stops and when it ends.
func (p *process) watch(onExit func(*process)) {
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
	onExit(p)
}

func (p *process) entry(kind Kind, text string) {
	p.log.add(Entry{Source: p.source, Name: p.extensionName(), Kind: kind, Text: text})
}

func (p *process) extensionName() string {
	if p.source == Extension {
		return p.name
	}
	return ""
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
func (p *process) send(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sendLocked(sig)
}

func (p *process) sendLocked(sig syscall.Signal) error {
	if p.dead {
		return os.ErrProcessDone
	}
	if sig == sigCont {
		p.stopped.Store(false)
	}
	return signalGroup(p.pid, sig)
}

// signal is send with an entry in the log, ahead of what comes of it.
func (p *process) signal(sig syscall.Signal, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.dead {
		p.entry(Signaled, name)
		p.sendLocked(sig)
	}
}

// freeze stops the processes and returns when none of their threads runs any
// more, which is when the kernel reports the stop to us: waitpid(2), WUNTRACED.
func freeze(ps []*process) error {
	for _, p := range ps {
		p.send(sigStop)
	}
	expired := time.NewTimer(stopWithin)
	defer expired.Stop()
	for _, p := range ps {
		for p.alive() && !p.stopped.Load() {
			select {
			case <-p.stops:
			case <-p.exited:
			case <-expired.C:
				return fmt.Errorf("freeze %v (pid %d): still running %v after SIGSTOP", p, p.pid, stopWithin)
			}
		}
		p.out.drain()
	}
	return nil
}

// kill kills the processes and returns when they are gone.
func kill(ps []*process) error {
	for _, p := range ps {
		if p.alive() {
			p.signal(syscall.SIGKILL, "SIGKILL")
		}
	}
	return awaitExit(ps)
}

func awaitExit(ps []*process) error {
	expired := time.NewTimer(stopWithin)
	defer expired.Stop()
	var errs []error
	for _, p := range ps {
		select {
		case <-p.exited:
		case <-expired.C:
			errs = append(errs, fmt.Errorf("kill %v (pid %d): still there %v after SIGKILL", p, p.pid, stopWithin))
		}
	}
	return errors.Join(errs...)
}
