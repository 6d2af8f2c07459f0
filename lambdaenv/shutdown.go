package lambdaenv

import (
	"context"
	"errors"
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

type shutdownRequest struct {
	reason string
	report *ShutdownReport // set at the end, before done is closed
}

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
	if reason == "" {
		reason = "spindown"
	}
	request := &shutdownRequest{reason: reason}
	first := false
	e.do(func() {
		first = e.shutdown == nil
		if first {
			e.shutdown = request
		}
	})
	if !first {
		return nil, ErrClosed
	}
	select {
	case <-e.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if request.report == nil {
		return nil, ErrClosed
	}
	return request.report, e.err
}

// runShutdownPhase runs the Shutdown phase.
func (e *Environment) runShutdownPhase() error {
	e.event(ShutdownBegan, e.shutdown.reason)
	report, err := e.endProcesses(phaseShutdown, e.shutdown.reason)
	if err != nil {
		return err
	}
	e.event(ShutdownDone, "nothing is left")
	e.enter(phaseClosed)
	e.shutdown.report = report
	return nil
}

// reset ends the processes after a fault. The next invocation starts new ones; the
// files in /tmp stay.
func (e *Environment) reset(f *fault) error {
	e.coldInit = 0
	if e.sandbox == nil {
		return nil
	}
	reason := "failure"
	if f.timeout {
		reason = "timeout"
	}
	e.event(Reset, reason)
	if _, err := e.endProcesses(phaseReset, reason); err != nil {
		return err
	}
	e.enter(phaseCold)
	return nil
}

// endProcesses ends the processes in Lambda's order: the runtime first, and only then
// the extensions, which so can still serve it. If the environment has to close
// meanwhile, the error is ErrClosed, and the rest is left to cleanUp.
func (e *Environment) endProcesses(during phase, reason string) (*ShutdownReport, error) {
	report := &ShutdownReport{Reason: reason}
	s := e.sandbox
	if s != nil && len(s.extensions) > 0 {
		e.thaw()
	}
	e.enter(during)
	if s == nil {
		return report, nil
	}
	s.stopping = true
	began := time.Now()
	var errs []error
	end := func(p *process) {
		if p.alive() {
			report.Killed = append(report.Killed, p.name)
		}
		errs = append(errs, kill([]*process{p}))
	}

	if err := e.terminateRuntime(began); errors.Is(err, ErrClosed) {
		return nil, err
	}
	end(s.runtime)
	report.Runtime = time.Since(began)
	if err := e.flushTelemetry(); err != nil {
		return nil, err
	}

	deadline := began.Add(shutdownTotal)
	s.shutdownEvent = newShutdownEvent(reason, deadline)
	external := slices.DeleteFunc(slices.Clone(s.extensions), func(x *extension) bool { return x.process == nil })
	for _, x := range external {
		if !x.registeredFor(eventShutdown) {
			end(x.process)
		}
		x.send(s.shutdownEvent)
	}
	err := e.until(deadline, func() bool {
		return !slices.ContainsFunc(external, func(x *extension) bool { return x.process.alive() })
	})
	if errors.Is(err, ErrClosed) {
		return nil, err
	}
	for _, x := range external {
		end(x.process)
	}
	report.Took = time.Since(began)
	e.sandbox = nil
	return report, errors.Join(append(errs, s.close())...)
}

// terminateRuntime gives the runtime its time to end. Without any extension there is
// no notice at all:
// https://github.com/aws-samples/graceful-shutdown-with-aws-lambda
func (e *Environment) terminateRuntime(began time.Time) error {
	s := e.sandbox
	if len(s.extensions) == 0 {
		return nil
	}
	grace := runtimeExternal
	if slices.ContainsFunc(s.extensions, func(x *extension) bool { return x.process == nil }) {
		grace = runtimeInternal
	}
	s.runtime.signal(syscall.SIGTERM, "SIGTERM")
	return e.until(began.Add(grace), func() bool { return !s.runtime.alive() })
}

// flushTelemetry gives subscribers what there is before they get the SHUTDOWN event,
// as AWS's emulator of managed instances does: "If any of the input streams are
// closed, then Lambda flushes the logs. This can happen if, for example, the runtime
// crashes." One that does not read is not waited for.
func (e *Environment) flushTelemetry() error {
	s := e.sandbox
	ctx, cancel := context.WithTimeout(s.ctx, flushWithin)
	flushed := false
	s.workers.Go(func() {
		defer cancel()
		s.telemetry.flush(ctx)
		s.do(func() { flushed = true })
	})
	return e.until(time.Time{}, func() bool { return flushed })
}

// newShutdownEvent is what extensions get. The reasons are lower case on Lambda,
// regardless of its documentation, and the deadline is a number.
func newShutdownEvent(reason string, deadline time.Time) extensionEvent {
	return extensionEvent{eventShutdown, mustJSON(struct {
		EventType  string `json:"eventType"`
		Reason     string `json:"shutdownReason"`
		DeadlineMs int64  `json:"deadlineMs"`
	}{eventShutdown, reason, deadline.UnixMilli()})}
}
