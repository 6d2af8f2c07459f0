package lambdaenv

import (
	"cmp"
	"context"
	"slices"
	"syscall"
	"time"
)

// Budgets of the Shutdown phase. The runtime's share is that of the
// documentation; the emulator's is 600 ms.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
const (
	shutdownTotal   = 2 * time.Second
	runtimeExternal = 300 * time.Millisecond
	runtimeInternal = 500 * time.Millisecond
	flushWithin     = 200 * time.Millisecond // of telemetry; nothing is documented
)

// Shutdown runs the Shutdown phase and returns when nothing is left. It begins
// when the invocation in progress has ended, hooks included; those that wait for
// their turn get ErrClosed. An empty reason means "spindown".
//
// Without any extension the function is killed at once. With internal ones only
// it gets SIGTERM and 500 ms. With external ones it gets SIGTERM and 300 ms
// (500 ms if there are internal ones as well), and then the external ones that
// registered for it get the SHUTDOWN event, and what is left of 2 s. A process that
// has not exited by then is killed.
//
// If ctx ends first, Shutdown returns its error, but the phase continues.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
func (e *Environment) Shutdown(ctx context.Context, reason string) (*ShutdownReport, error) {
	report := &ShutdownReport{Reason: cmp.Or(reason, "spindown")}
	e.do(func() { e.shutdown = cmp.Or(e.shutdown, report) })
	select {
	case <-e.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if e.shutdown != report || !e.shutDown { // another call shut it down, or Close
		return nil, ErrClosed
	}
	return report, e.err
}

// runShutdownPhase runs the Shutdown phase.
func (e *Environment) runShutdownPhase() {
	e.log.event(ShutdownBegan, e.shutdown.Reason)
	e.endProcesses(e.shutdown)
	if e.ctx.Err() == nil {
		e.log.event(ShutdownDone, "nothing is left")
		e.shutDown = true
	}
}

// reset ends the processes after a fault. The next invocation starts new ones; the
// files in /tmp stay.
func (e *Environment) reset(f *fault) {
	e.coldInit = 0
	if e.sandbox == nil {
		return
	}
	reason := "failure"
	if f.status == statusTimeout {
		reason = "timeout"
	}
	e.log.event(Reset, reason)
	e.endProcesses(&ShutdownReport{Reason: reason})
}

// endProcesses ends the processes in Lambda's order: the runtime first, and only then
// the extensions, which so can still serve it.
func (e *Environment) endProcesses(report *ShutdownReport) {
	s := e.sandbox
	if s == nil {
		return
	}
	if len(s.extensions) > 0 {
		e.thaw()
	}
	s.stopping = true
	began := time.Now()
	end := func(p *process) {
		if p.alive() {
			report.Killed = append(report.Killed, p.name)
			kill(p)
		}
	}

	e.terminateRuntime(began)
	end(s.runtime)
	report.Runtime = time.Since(began)
	// Subscribers get what there is before the SHUTDOWN event, as from AWS's emulator of
	// managed instances: "If any of the input streams are closed, then Lambda flushes the
	// logs. This can happen if, for example, the runtime crashes." One that does not
	// read is not waited for.
	ctx, cancel := context.WithTimeout(e.ctx, flushWithin)
	e.log.flushTelemetry(ctx)
	cancel()

	deadline := began.Add(shutdownTotal)
	s.shutdownEvent = &extensionEvent{EventType: eventShutdown, Reason: report.Reason, DeadlineMs: deadline.UnixMilli()}
	external := slices.DeleteFunc(slices.Clone(s.extensions), (*extension).internal)
	for _, x := range external {
		if !x.registeredFor(eventShutdown) {
			end(x.process)
		}
		x.send(s.shutdownEvent)
	}
	e.until(deadline, func() bool {
		return !slices.ContainsFunc(external, func(x *extension) bool { return x.process.alive() })
	})
	for _, x := range external {
		end(x.process)
	}
	report.Took = time.Since(began)
	s.close()
	e.sandbox, e.frozen = nil, false
}

// terminateRuntime gives the runtime its time to end. Without any extension there is
// no notice at all:
// https://github.com/aws-samples/graceful-shutdown-with-aws-lambda
func (e *Environment) terminateRuntime(began time.Time) {
	s := e.sandbox
	if len(s.extensions) == 0 {
		return
	}
	grace := runtimeExternal
	if slices.ContainsFunc(s.extensions, (*extension).internal) {
		grace = runtimeInternal
	}
	s.runtime.signal(syscall.SIGTERM, "SIGTERM")
	e.until(began.Add(grace), func() bool { return !s.runtime.alive() })
}
