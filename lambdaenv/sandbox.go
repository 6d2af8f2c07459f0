package lambdaenv

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// A sandbox is one set of processes with the APIs they use, from an init to
// the reset or shutdown that ends it. Each sandbox has another address of the
// APIs, so that no late call of an earlier one can be mistaken for one of this.
//
// Apart from the first fields, which are set when it is made, it belongs to the
// goroutine of the environment.
type sandbox struct {
	env     *Environment
	server  *http.Server
	ctx     context.Context // ends when the sandbox has ended
	cancel  context.CancelFunc
	workers sync.WaitGroup // goroutines
	serving sync.RWMutex   // held for reading by handlers, and for good by close

	started       []*process // see processes
	runtime       *process   // nil before it was started
	runtimeState  runtimeState
	waiting       []chan<- *invocation // the runtime's calls for the next event
	current       *invocation          // the last that the runtime got, if not on a managed instance
	initError     string               // type of the error that the runtime reported
	initReason    []byte               // and what it said
	extensions    []*extension         // external ones first
	late          map[string]bool      // ids that a managed instance gave up on
	fault         *fault               // the first that happened
	stopping      bool                 // the processes are meant to end
	shutdownEvent *extensionEvent      // once it is out
}

// A fault ends the sandbox.
type fault struct {
	status    status
	errorType string
	message   string   // in Lambda's words
	payload   []byte   // for the caller, if the function reported an error itself
	process   *process // nil if it is not about one
	at        time.Time
	memory    int // that was in use, if the processes are gone by now
}

func newFault(errorType, message string) *fault {
	return &fault{status: statusError, errorType: errorType, message: message, at: time.Now()}
}

func timeoutFault(at time.Time, message string) *fault {
	return &fault{status: statusTimeout, errorType: "Sandbox.Timedout", message: message, at: at}
}

// Error is for the caller of Start: it names the process, and has the last lines
// that it printed.
func (f *fault) Error() string {
	text := f.message + " (" + f.errorType + ")"
	if f.process == nil {
		return "lambdaenv: init: " + text
	}
	text = fmt.Sprintf("lambdaenv: init: %v: %s", f.process, text)
	lines := f.process.out.lastLines()
	if len(lines) == 0 {
		return text + "; it printed nothing"
	}
	return text + "; it printed last:\n\t" + strings.Join(lines, "\n\t")
}

// initialize starts the processes and returns when all of them have requested
// the next event.
func (e *Environment) initialize(phase string, deadline time.Time) *fault {
	begun := time.Now()
	s := newSandbox(e)
	e.sandbox = s
	e.log.with(func() { e.log.telemetry = telemetry{open: true} })
	defer e.log.with(func() { e.log.telemetry.open, e.log.telemetry.past = false, nil })
	e.log.event(InitStarted, phase)
	e.log.record("initStart", platformRecord{InitializationType: e.cfg.initType(), Phase: phase,
		RuntimeVersion: runtimeVersion, RuntimeVersionArn: runtimeVersionARN})
	f := s.startProcesses(deadline)
	if e.ctx.Err() != nil {
		return f // and nothing is logged about what was not waited for
	}
	for _, x := range s.extensions {
		e.log.record("extension", platformRecord{Name: x.name, State: string(x.state),
			Events: append([]string{}, x.events...), ErrorType: x.errorType})
	}
	e.log.initDone(phase, time.Since(begun), f)
	if f == nil {
		e.log.event(InitDone, "function and extensions have requested the next event")
		return nil
	}
	f.memory = e.maxMemory()
	e.sandbox = nil
	s.close()
	return f
}

func newSandbox(e *Environment) *sandbox {
	s := &sandbox{env: e, runtimeState: runtimeStarted, late: map[string]bool{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	// A process may die in the middle of a call, which is not for the log of the tests.
	s.server = &http.Server{Handler: s.handler(), ErrorLog: log.New(io.Discard, "", 0)}
	return s
}

// startProcesses starts the extensions and, when all have registered, the function.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
func (s *sandbox) startProcesses(deadline time.Time) *fault {
	cfg, tmp := &s.env.cfg, s.env.tmp
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return newFault("Sandbox.Failure", err.Error())
	}
	s.workers.Go(func() { s.server.Serve(listener) })
	functionEnv, extensionEnv := cfg.environs(listener.Addr().String(), tmp, s.env.logStream)
	for _, path := range cfg.Extensions {
		x := &extension{name: filepath.Base(path), state: extensionStarted}
		s.extensions = append(s.extensions, x)
		if x.process, err = s.start(Extension, x.name, path, tmp, extensionEnv); err != nil {
			x.enter(extensionLaunchError)
			return newFault("Extension.LaunchError", err.Error())
		}
	}
	if f := s.await(deadline); f != nil {
		return f
	}
	s.runtime, err = s.start(Function, RuntimeName, cfg.Function, filepath.Dir(cfg.Function), functionEnv)
	if err != nil {
		return newFault("Runtime.InvalidEntrypoint", err.Error())
	}
	return s.await(deadline)
}

// start starts a process. When it has ended, the environment calls exited.
func (s *sandbox) start(source Source, name, path, dir string, environ []string) (*process, error) {
	p := newProcess(source, name, s.env.log)
	started := make(chan error, 1)
	s.workers.Go(func() {
		// The kernel kills the child when the thread that started it ends (see
		// childAttr), so this thread has to end after the child, with this goroutine.
		runtime.LockOSThread()
		err := p.spawn(path, dir, environ)
		started <- err
		if err == nil {
			p.wait()
			s.do(func() { s.exited(p) })
		}
	})
	if err := <-started; err != nil {
		return nil, err
	}
	s.started = append([]*process{p}, s.started...)
	return p, nil
}

// await returns when nothing is missing.
func (s *sandbox) await(deadline time.Time) *fault {
	s.env.until(deadline, func() bool {
		p, _ := s.missing()
		return s.fault != nil || p == nil
	})
	if p, missing := s.missing(); s.fault == nil && p != nil {
		s.fault = timeoutFault(deadline, "the init timed out: "+missing)
		s.fault.process = p
	}
	return s.fault
}

// missing returns the process that the init waits for, and why; nil for none. Before
// the runtime is started it waits for registration.
func (s *sandbox) missing() (*process, string) {
	for _, x := range s.extensions {
		if x.state == extensionStarted {
			return x.process, "it has not registered under its file name"
		}
	}
	if s.runtime == nil {
		return nil, ""
	}
	if !s.runtimeRequestedEvent() {
		return s.runtime, "it has not requested an event"
	}
	for _, x := range s.extensions {
		switch {
		case x.state == extensionReady:
		case x.internal():
			return s.runtime, fmt.Sprintf("its internal extension %q has not requested an event", x.name)
		default:
			return x.process, "it has registered, but not requested an event"
		}
	}
	return nil, ""
}

// exited handles the end of a process. It is a crash with any exit status, unless
// the processes are meant to end.
func (s *sandbox) exited(p *process) {
	if s.stopping || s.fault != nil {
		return
	}
	f := newFault("Extension.Crash", describe(p.status))
	f.process = p
	if p == s.runtime {
		f.errorType, f.message = "Runtime.ExitError", "Runtime exited without providing a reason"
		if p.status != 0 {
			f.message = "Runtime exited with error: " + describe(p.status)
		}
		if s.initError != "" {
			f.errorType, f.payload = s.initError, s.initReason
			f.message += ", having reported " + string(s.initReason)
		}
	}
	for _, x := range s.extensions {
		if x.errorType != "" {
			f.errorType = "Extension." + string(x.state)
		}
	}
	s.fault = f
}

// handOver gives the event to the extensions and the runtime.
func (s *sandbox) handOver(inv *invocation) {
	inv.hasExtensions = len(s.extensions) > 0
	delete(s.late, inv.RequestID) // of an earlier attempt
	inv.HandedOver = time.Now()
	for _, x := range s.extensions {
		// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-lifecycle-invoke
		x.send(&extensionEvent{
			EventType:  eventInvoke,
			DeadlineMs: inv.deadline.UnixMilli(),
			RequestID:  inv.RequestID,
			ARN:        s.env.cfg.functionARN(inv.request.Qualifier),
			Tracing:    &tracing{Type: "X-Amzn-Trace-Id", Value: inv.request.TraceHeader},
		})
	}
	s.env.log.add(Entry{Source: Platform, Kind: Invoked, RequestID: inv.RequestID, Text: "the runtime has the event"})
	if !s.env.cfg.managed() {
		s.current = inv
		s.enterRuntime(runtimeRunning)
	}
	s.waiting[0] <- inv
	s.waiting = slices.Delete(s.waiting, 0, 1)
}

// settled reports whether the work of the invocation is done, and when that was: the
// runtime and every extension that is registered for INVOKE have requested the next
// event. On a managed instance the response is enough.
func (s *sandbox) settled(inv *invocation) (at time.Time, done bool) {
	if s.env.cfg.managed() {
		return inv.Responded, inv.answered
	}
	at = inv.RuntimeDone
	for _, x := range s.extensions {
		if !x.registeredFor(eventInvoke) {
			continue
		}
		if x.state != extensionReady {
			return at, false
		}
		if x.readyAt.After(at) {
			at = x.readyAt
		}
	}
	return at, !inv.RuntimeDone.IsZero()
}

// runtimeRequestedEvent reports whether the runtime has requested its first event.
func (s *sandbox) runtimeRequestedEvent() bool {
	return s.runtimeState != runtimeStarted && s.runtimeState != runtimeInitError
}

// processes returns the processes that were started, the last one first: that is the
// function's. A nil sandbox has none.
func (s *sandbox) processes() []*process {
	if s == nil {
		return nil
	}
	return s.started
}

// drain takes what all processes have printed so far.
func (s *sandbox) drain() {
	for _, p := range s.processes() {
		p.out.drain()
	}
}

// do calls f on the goroutine of the environment, unless the sandbox has ended.
func (s *sandbox) do(f func()) bool { return s.env.doUnless(s.ctx.Done(), f) }

// close kills the processes that are left, closes the APIs, and waits for all
// goroutines.
func (s *sandbox) close() {
	s.stopping = true
	kill(s.processes()...)
	s.server.Close() // first: a call that gets no answer is one of a sandbox that is gone
	s.cancel()
	s.serving.Lock()
	s.workers.Wait()
}
