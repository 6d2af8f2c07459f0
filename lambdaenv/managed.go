package lambdaenv

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Lambda Managed Instances: many invocations at once, no freezing, and a
// timeout concerns its invocation alone.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html

var errInvokeTimeout = &apiError{http.StatusGone, "InvokeTimeout", "Invoke timeout"}

// initializeManaged replaces an instance that crashed.
func (e *Environment) initializeManaged() error {
	err := e.initialize(phaseInit, time.Now().Add(e.cfg.InitTimeout))
	if f := (*fault)(nil); errors.As(err, &f) {
		inv := e.next()
		inv.begun = time.Now()
		e.failManaged(inv, f)
		return nil
	}
	if err == nil {
		e.dispatch()
	}
	return err
}

// dispatch hands over as many events as the instance takes.
func (e *Environment) dispatch() {
	in := e.in
	for in != nil && !in.stopping && in.fault == nil && e.leaving == nil &&
		len(e.queue) > 0 && len(in.waiting) > 0 && len(in.running) < e.cfg.MaxConcurrency {
		inv := e.next()
		in.running[inv.id] = inv
		inv.begun = time.Now()
		inv.deadline = inv.begun.Add(e.cfg.Timeout)
		inv.timer = time.AfterFunc(e.cfg.Timeout, func() {
			in.do(func() { e.expireManaged(in, inv) })
		})
		e.platform.start(inv)
		in.handOver(inv)
	}
}

// expireManaged gives up on an invocation. Its code goes on.
func (e *Environment) expireManaged(in *instance, inv *invocation) {
	if inv.answered || in.stopping {
		return
	}
	in.late[inv.id] = true
	f := timedOut(inv.deadline)
	f.message = fmt.Sprintf("Task timed out after %.2f seconds", e.cfg.Timeout.Seconds())
	e.failManaged(inv, f)
}

func (e *Environment) failManaged(inv *invocation, f *fault) {
	inv.fault, inv.status = f, statusError
	if f.errorType == "Sandbox.Timedout" {
		inv.status = statusTimeout
	}
	e.answer(inv, failure(inv, f))
	e.finishManaged(inv, f.at)
}

// finishManaged ends an invocation, at its response.
func (e *Environment) finishManaged(inv *invocation, at time.Time) {
	inv.ended = at
	if inv.status == statusSuccess {
		inv.idle = at
	}
	if inv.timer != nil {
		inv.timer.Stop()
	}
	e.report(inv)
	if e.in != nil {
		delete(e.in.running, inv.id)
	}
	e.dispatch()
	e.tellIdlers()
}
