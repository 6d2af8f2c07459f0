package lambdaenv

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"example.com/postinvoke/internal/lambdalog"
)

// ErrClosed is returned once the environment was shut down or closed, or the
// context of Start has ended.
var ErrClosed = errors.New("lambdaenv: the execution environment is closed")

// An Environment is one running execution environment. Its methods may be
// called from any goroutine.
//
// All of its state belongs to one goroutine, [Environment.run]. Others pass it
// functions to call: the public methods, the HTTP handlers of the APIs, and the
// goroutines that wait for processes. So nothing below needs a lock, except the
// log, which is written by the readers of the processes' output as well.
type Environment struct {
	cfg       Config
	log       *eventLog
	platform  platformLog
	tmp       string // the folder that stands for /tmp
	logStream string

	ctx        context.Context // ends when everything has to end at once
	cancel     context.CancelFunc
	calls      chan func() // for run to call
	goroutines sync.WaitGroup
	done       chan struct{} // closed when nothing is left
	err        error         // of cleaning up; read after done

	// Owned by run.
	phase       phase
	sandbox     *sandbox // nil between a reset and the next init
	queue       []*invocation
	inProgress  map[string]*invocation // by request id
	delayed     int                    // asynchronous invocations that wait for their next attempt
	tenant      *string                // of all invocations, nil before the first
	coldInit    time.Duration          // of the Init phase, until an invocation reports it
	idleWaiters []chan<- *Report       // calls of WaitIdle
	last        *Report
	shutdown    *shutdownRequest
}

// Start starts the extensions, and once they all have registered the function,
// as Lambda does in the Init phase, and returns when each of them has requested
// its next event and the environment is frozen.
//
// If one of them fails, crashes, or takes longer than Config.InitTimeout, the
// error names it and has the last lines it printed, and nothing is left
// behind. When ctx ends, during Start or later, everything is killed as if by
// Close.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
func Start(ctx context.Context, cfg Config) (*Environment, error) {
	if !supported {
		return nil, fmt.Errorf("lambdaenv: %w on this operating system; use Linux or macOS", errors.ErrUnsupported)
	}
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e := &Environment{
		cfg: cfg,
		log: &eventLog{observe: cfg.Observe, forget: cfg.Forget,
			stored: lambdalog.Settings{JSON: cfg.LogFormat == JSON, Level: cfg.ApplicationLogLevel}},
		logStream:  newLogStream(),
		calls:      make(chan func()),
		done:       make(chan struct{}),
		phase:      phaseCold,
		inProgress: map[string]*invocation{},
	}
	e.platform = platformLog{e.log, &e.cfg}
	if e.tmp, err = os.MkdirTemp("", "lambdaenv-"); err != nil {
		return nil, fmt.Errorf("lambdaenv: %w", err)
	}
	e.ctx, e.cancel = context.WithCancel(ctx)
	started := make(chan error, 1)
	e.goroutines.Go(func() { e.run(started) })
	if err := <-started; err != nil {
		e.goroutines.Wait()
		if cause := ctx.Err(); cause != nil && errors.Is(err, ErrClosed) {
			err = cause
		}
		return nil, err
	}
	return e, nil
}

// Close kills all processes at once, which Lambda never does, and returns when no
// process, port or file is left. It may be called again, and after Shutdown.
// The error names what could not be cleaned up.
func (e *Environment) Close() error {
	e.cancel()
	e.goroutines.Wait()
	return e.err
}

// Entries returns the log so far; with Config.Forget, nothing.
func (e *Environment) Entries() []Entry { return e.log.snapshot() }

// run takes the environment from Init to the end.
func (e *Environment) run(started chan<- error) {
	defer close(e.done)
	begun := time.Now()
	err := e.initialize("init", begun.Add(e.cfg.InitTimeout))
	if _, failed := errors.AsType[*fault](err); failed && e.cfg.RetryInit {
		err = nil
	} else if err == nil && !e.cfg.managed() {
		e.coldInit = time.Since(begun)
		err = e.freeze()
	}
	started <- err
	for err == nil && e.phase != phaseClosed {
		err = e.step()
		e.checkInTests()
	}
	if errors.Is(err, ErrClosed) {
		err = nil
	}
	e.err = errors.Join(err, e.cleanUp())
}

// step does the one thing that is due, or waits for something to happen.
func (e *Environment) step() error {
	s := e.sandbox
	switch {
	case e.shutdown != nil && len(e.inProgress) == 0:
		return e.runShutdownPhase()
	case s != nil && s.fault != nil:
		return e.fail(s.fault)
	}
	for _, inv := range e.inProgress {
		if at, done := s.settled(inv); done {
			return e.finish(inv, at)
		}
	}
	if e.hasRoom() {
		inv := e.queue[0]
		e.queue = slices.Delete(e.queue, 0, 1)
		return e.begin(inv)
	}
	if e.phase == phaseReady && !e.cfg.managed() {
		return e.freeze()
	}
	next, deadline := e.nextToExpire()
	err := e.wait(deadline)
	if errors.Is(err, errExpired) {
		return e.expire(next)
	}
	return err
}

// hasRoom reports whether the next invocation can begin.
func (e *Environment) hasRoom() bool {
	return len(e.queue) > 0 && e.shutdown == nil && len(e.inProgress) < max(1, e.cfg.MaxConcurrency) &&
		(e.sandbox == nil || len(e.sandbox.waiting) > 0)
}

// nextToExpire returns the invocation in progress with the earliest deadline.
func (e *Environment) nextToExpire() (next *invocation, deadline time.Time) {
	for _, inv := range e.inProgress {
		if next == nil || inv.deadline.Before(deadline) {
			next, deadline = inv, inv.deadline
		}
	}
	return next, deadline
}

// begin thaws the processes, or starts them, and gives them the event. The init
// that the environment needs after a reset is part of the invocation ("suppressed
// init"), except on a managed instance.
func (e *Environment) begin(inv *invocation) error {
	managed := e.cfg.managed()
	inv.startClock(e.cfg.Timeout)
	e.inProgress[inv.RequestID] = inv
	if !managed {
		e.log.setRequest(inv.RequestID)
	}
	suppressed := e.phase == phaseCold && !managed
	if e.phase == phaseCold {
		name, deadline := "init", time.Now().Add(e.cfg.InitTimeout)
		if suppressed {
			name, deadline = "invoke", inv.deadline
		}
		err := e.initialize(name, deadline)
		if f, ok := errors.AsType[*fault](err); ok {
			e.platform.start(inv)
			if f.timeout && suppressed {
				f.message = inv.timeoutMessage()
			}
			return e.fail(f)
		}
		if err != nil {
			return err
		}
	}
	e.thaw()
	e.platform.start(inv)
	if !suppressed {
		inv.startClock(e.cfg.Timeout)
		inv.Init = e.coldInit
		e.coldInit = 0
	}
	if e.phase != phaseInvoke {
		e.enter(phaseInvoke)
	}
	e.sandbox.handOver(inv)
	return nil
}

// finish ends an invocation whose work is done.
func (e *Environment) finish(inv *invocation, at time.Time) error {
	inv.ended = at
	if !e.cfg.managed() || inv.Status == statusSuccess {
		inv.Idle = at
	}
	if !e.cfg.managed() {
		e.sandbox.drain() // hooks have printed after the runtime requested the next event
		e.event(Idle, "function and extensions have requested the next event")
	}
	e.report(inv, e.maxMemory())
	e.remove(inv)
	return nil
}

// remove takes an invocation out of those in progress.
func (e *Environment) remove(inv *invocation) {
	delete(e.inProgress, inv.RequestID)
	if !e.cfg.managed() {
		e.log.setRequest("")
	}
	if len(e.inProgress) == 0 && e.phase == phaseInvoke {
		e.enter(phaseReady)
	}
}

// expire ends an invocation that took too long: with the processes, or, on a managed
// instance, alone, while its code continues.
func (e *Environment) expire(inv *invocation) error {
	f := &fault{errorType: "Sandbox.Timedout", timeout: true, message: inv.timeoutMessage(), at: inv.deadline}
	if !e.cfg.managed() {
		return e.fail(f)
	}
	e.sandbox.late[inv.RequestID] = true
	e.giveUp(inv, f)
	e.report(inv, e.maxMemory())
	e.remove(inv)
	return nil
}

// fail ends the invocations in progress, and the processes with them.
func (e *Environment) fail(f *fault) error {
	if e.sandbox != nil {
		e.sandbox.drain()
	}
	failed := slices.Collect(maps.Values(e.inProgress))
	for _, inv := range failed {
		e.giveUp(inv, f)
	}
	memory := max(f.memory, e.maxMemory())
	err := e.reset(f)
	for _, inv := range failed {
		e.report(inv, memory)
		e.remove(inv)
	}
	return err
}

// freeze stops the processes, as Lambda does when "there are no pending events".
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle
func (e *Environment) freeze() error {
	if err := stopProcesses(e.sandbox.processes()); err != nil {
		return fmt.Errorf("lambdaenv: %w", err)
	}
	e.enter(phaseFrozen)
	e.event(Frozen, "the processes are stopped")
	return nil
}

// thaw lets frozen processes continue.
func (e *Environment) thaw() {
	if e.phase != phaseFrozen {
		return
	}
	e.enter(phaseReady)
	e.event(Thawed, "the processes continue") // ahead of what they print then
	for _, p := range e.sandbox.processes() {
		p.send(sigCont)
	}
}

// isIdle reports whether there is nothing to do and nothing in progress.
func (e *Environment) isIdle() bool {
	atRest := e.phase == phaseFrozen || e.phase == phaseCold || e.phase == phaseReady && e.cfg.managed()
	crashed := e.sandbox != nil && e.sandbox.fault != nil
	return atRest && !crashed && len(e.inProgress)+len(e.queue)+e.delayed == 0 && e.shutdown == nil
}

// errExpired is what wait and until return at the deadline.
var errExpired = errors.New("deadline exceeded")

// wait calls one function that another goroutine has passed, and returns. It also
// returns at the deadline, if there is one, and when the environment has to close.
func (e *Environment) wait(deadline time.Time) error {
	if e.isIdle() {
		for _, c := range e.idleWaiters {
			c <- e.last
		}
		e.idleWaiters = nil
	}
	var expired <-chan time.Time // nil without a deadline: that case is disabled
	var expiredInTest <-chan struct{}
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		expired = timer.C
		expiredInTest = e.cfg.expire
	}
	select {
	case <-e.ctx.Done():
		return ErrClosed
	case f := <-e.calls:
		f()
		e.checkInTests()
		return nil
	case <-expired:
		return errExpired
	case <-expiredInTest:
		return errExpired
	}
}

// until waits until reached reports true, or the deadline has passed.
func (e *Environment) until(deadline time.Time, reached func() bool) error {
	for !reached() {
		if err := e.wait(deadline); err != nil {
			return err
		}
	}
	return nil
}

// do calls f on the goroutine of the environment and returns when it has returned.
// It reports false if the environment has ended.
func (e *Environment) do(f func()) bool { return e.doUnless(e.done, f) }

func (e *Environment) doUnless(ended <-chan struct{}, f func()) bool {
	called := make(chan struct{})
	select {
	case e.calls <- func() { f(); close(called) }:
		<-called
		return true
	case <-ended:
		return false
	}
}

func (e *Environment) event(kind Kind, text string) {
	e.log.add(Entry{Source: Platform, Kind: kind, Text: text})
}

// cleanUp leaves no process, port, file or caller that waits.
func (e *Environment) cleanUp() error {
	e.cancel()
	var errs []error
	if e.sandbox != nil {
		errs = append(errs, e.sandbox.close())
		e.sandbox = nil
	}
	for _, inv := range slices.AppendSeq(e.queue, maps.Values(e.inProgress)) {
		if !inv.answered {
			inv.result.end(nil, ErrClosed)
		}
	}
	if e.phase != phaseClosed {
		e.enter(phaseClosed)
	}
	return errors.Join(append(errs, os.RemoveAll(e.tmp))...)
}
