package lambdaenv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"time"
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
	tmp       string // the folder that stands for /tmp
	logStream string

	ctx    context.Context // ends when everything has to end at once
	cancel context.CancelFunc
	calls  chan func()   // for run to call
	done   chan struct{} // closed when nothing is left
	err    error         // of cleaning up; read after done

	// Owned by run.
	sandbox     *sandbox // nil before an init and after a reset
	frozen      bool     // the processes are stopped; never on a managed instance
	queue       []*invocation
	inProgress  map[string]*invocation // by request id
	coldInit    time.Duration          // of the Init phase, until an invocation reports it
	idleWaiters []chan<- *Report       // calls of WaitIdle
	last        *Report
	shutdown    *ShutdownReport // of the Shutdown phase, since it was requested
	shutDown    bool            // the phase has ended
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
	cfg, err := cfg.checked()
	if err := cmp.Or(err, ctx.Err()); err != nil {
		return nil, err
	}
	day := time.Now().UTC().Format("2006/01/02")
	e := &Environment{
		cfg:        cfg,
		logStream:  fmt.Sprintf("%s/[$LATEST]%016x%016x", day, rand.Uint64(), rand.Uint64()),
		calls:      make(chan func()),
		done:       make(chan struct{}),
		inProgress: map[string]*invocation{},
	}
	e.log = &eventLog{cfg: &e.cfg}
	if e.tmp, err = os.MkdirTemp("", "lambdaenv-"); err != nil {
		return nil, fmt.Errorf("lambdaenv: %w", err)
	}
	e.ctx, e.cancel = context.WithCancel(ctx)
	started := make(chan error, 1)
	go e.run(started)
	if err := <-started; err != nil {
		<-e.done
		return nil, cmp.Or(ctx.Err(), err)
	}
	return e, nil
}

// Close kills all processes at once, which Lambda never does, and returns when no
// process, port or file is left. It may be called again, and after Shutdown.
// The error names what could not be cleaned up.
func (e *Environment) Close() error {
	e.cancel()
	<-e.done
	return e.err
}

// Entries returns the log so far; with Config.Forget, nothing.
func (e *Environment) Entries() (entries []Entry) {
	e.log.with(func() { entries = slices.Clone(e.log.entries) })
	return entries
}

// run takes the environment from Init to the end. When the context of the environment
// ends, nothing waits any more, and the processes are killed.
func (e *Environment) run(started chan<- error) {
	defer close(e.done)
	begun := time.Now()
	f := e.initialize("init", begun.Add(e.cfg.InitTimeout))
	switch {
	case f == nil && !e.cfg.managed():
		e.coldInit = time.Since(begun)
		e.freeze()
	case f != nil && (!e.cfg.RetryInit || e.ctx.Err() != nil):
		e.cancel()
		started <- f
	}
	close(started)
	for e.ctx.Err() == nil && !e.shutDown {
		e.step()
		afterStep(e)
	}
	e.cleanUp()
}

// afterStep is called after each step and each call of an API. Tests of this package
// check the state of the environment with it.
var afterStep = func(*Environment) {}

// step does the one thing that is due, or waits for something to happen.
func (e *Environment) step() {
	s := e.sandbox
	if e.shutdown != nil && len(e.inProgress) == 0 {
		e.runShutdownPhase()
		return
	}
	if s != nil && s.fault != nil {
		e.fail(s.fault)
		return
	}
	next := &invocation{} // to expire
	for _, inv := range e.inProgress {
		if at, done := s.settled(inv); done {
			e.settle(inv, at)
			return
		}
		if next.deadline.IsZero() || inv.deadline.Before(next.deadline) {
			next = inv
		}
	}
	hasRoom := len(e.inProgress) < max(1, e.cfg.MaxConcurrency) && (s == nil || len(s.waiting) > 0)
	switch {
	case len(e.queue) > 0 && hasRoom && e.shutdown == nil:
		inv := e.queue[0]
		e.queue = slices.Delete(e.queue, 0, 1)
		e.begin(inv)
	case s != nil && len(e.inProgress) == 0 && !e.frozen && !e.cfg.managed():
		e.freeze()
	case e.wait(next.deadline):
		e.expire(next)
	}
}

// begin thaws the processes, or starts them, and gives them the event. The init
// that the environment needs after a reset is part of the invocation ("suppressed
// init").
func (e *Environment) begin(inv *invocation) {
	inv.begun = time.Now()
	inv.deadline = inv.begun.Add(e.cfg.Timeout)
	inv.Init = e.coldInit
	e.coldInit = 0
	e.inProgress[inv.RequestID] = inv
	if !e.cfg.managed() {
		e.log.with(func() { e.log.requestID = inv.RequestID })
	}
	var f *fault
	if e.sandbox == nil {
		f = e.initialize("invoke", inv.deadline)
	}
	if e.ctx.Err() != nil {
		return
	}
	e.thaw()
	e.log.record("start", platformRecord{
		RequestID: inv.RequestID, TenantID: inv.request.TenantID, Version: functionVersion,
	})
	if f == nil {
		e.sandbox.handOver(inv)
		return
	}
	if f.status == statusTimeout {
		f.message = inv.timeoutMessage()
	}
	e.fail(f)
}

// settle ends an invocation whose work is done.
func (e *Environment) settle(inv *invocation, at time.Time) {
	inv.Idle = at
	if !e.cfg.managed() {
		e.sandbox.drain() // hooks have printed after the runtime requested the next event
		e.log.event(Idle, "function and extensions have requested the next event")
	}
	inv.MaxMemoryMB = e.maxMemory()
	e.finish(inv, at)
}

// expire ends an invocation that took too long: with the processes, or, on a managed
// instance, alone, while its code continues.
func (e *Environment) expire(inv *invocation) {
	f := timeoutFault(inv.deadline, inv.timeoutMessage())
	if !e.cfg.managed() {
		e.fail(f)
		return
	}
	e.sandbox.late[inv.RequestID] = true
	e.giveUp(inv, f)
	e.finish(inv, f.at)
}

// fail ends the invocations in progress, and the processes with them.
func (e *Environment) fail(f *fault) {
	e.sandbox.drain()
	failed := slices.Collect(maps.Values(e.inProgress))
	for _, inv := range failed {
		e.giveUp(inv, f)
	}
	e.reset(f)
	for _, inv := range failed {
		e.finish(inv, f.at)
	}
}

// freeze stops the processes, as Lambda does when "there are no pending events".
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle
func (e *Environment) freeze() {
	for _, p := range e.sandbox.processes() {
		p.stop()
	}
	e.frozen = true
	e.log.event(Frozen, "the processes are stopped")
}

// thaw lets frozen processes continue.
func (e *Environment) thaw() {
	if !e.frozen {
		return
	}
	e.frozen = false
	e.log.event(Thawed, "the processes continue") // ahead of what they print then
	for _, p := range e.sandbox.processes() {
		p.signal(syscall.SIGCONT, "")
	}
}

// isIdle reports whether there is nothing to do and nothing in progress.
func (e *Environment) isIdle() bool {
	atRest := e.sandbox == nil || (e.frozen || e.cfg.managed()) && e.sandbox.fault == nil
	return atRest && len(e.inProgress)+len(e.queue) == 0 && e.shutdown == nil
}

// wait calls one function that another goroutine has passed, and returns. It also
// returns at the deadline, if there is one, which it reports, and when the
// environment has to close.
func (e *Environment) wait(deadline time.Time) (expired bool) {
	if e.isIdle() {
		for _, c := range e.idleWaiters {
			c <- e.last
		}
		e.idleWaiters = nil
	}
	var timeout <-chan time.Time // nil without a deadline: that case is disabled
	var timeoutInTest <-chan struct{}
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		timeout = timer.C
		timeoutInTest = e.cfg.expire
	}
	select {
	case <-e.ctx.Done():
	case f := <-e.calls:
		f()
		afterStep(e)
	case <-timeout:
		return true
	case <-timeoutInTest:
		return true
	}
	return false
}

// until waits until reached reports true, the deadline has passed, or the environment
// has to close.
func (e *Environment) until(deadline time.Time, reached func() bool) {
	for expired := false; !reached() && !expired && e.ctx.Err() == nil; {
		expired = e.wait(deadline)
	}
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

// cleanUp leaves no process, port, file or caller that waits.
func (e *Environment) cleanUp() {
	e.cancel()
	for _, inv := range slices.AppendSeq(e.queue, maps.Values(e.inProgress)) {
		if !inv.answered {
			inv.result.end(nil) // a call of the function may wait until somebody reads
		}
	}
	if e.sandbox != nil {
		e.sandbox.close()
	}
	e.err = os.RemoveAll(e.tmp)
}
