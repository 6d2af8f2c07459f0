package lambdaenv

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// live is the life of the environment, from Init to the end.
func (e *Environment) live(started chan<- error) {
	begun := time.Now()
	err := e.initialize(phaseInit, begun.Add(e.cfg.InitTimeout))
	e.coldInit = time.Since(begun)
	if f := (*fault)(nil); e.cfg.RetryInit && errors.As(err, &f) {
		err, e.coldInit = nil, 0
	}
	if err == nil {
		err = e.rest()
	}
	started <- err
	for err == nil && !e.left {
		switch {
		case e.leaving != nil && !e.busy():
			err = e.shutDown()
		case e.in != nil && e.in.fault != nil:
			err = e.replace(e.in.fault)
		case len(e.queue) > 0 && e.cfg.MaxConcurrency == 0:
			err = e.invoke(e.next())
		case len(e.queue) > 0 && e.in == nil:
			err = e.initializeManaged()
		default:
			if err = e.rest(); err == nil {
				err = e.until(time.Time{}, e.stirred)
			}
		}
	}
	if err != nil && !errors.Is(err, ErrClosed) {
		e.closeErr = err
	}
	e.cleanUp()
	close(e.over)
}

// busy reports whether a managed instance has invocations in progress. On
// demand there are none whenever live asks.
func (e *Environment) busy() bool { return e.in != nil && len(e.in.running) > 0 }

// stirred reports whether there is something to do.
func (e *Environment) stirred() bool {
	switch {
	case e.in != nil && e.in.fault != nil, e.leaving != nil && !e.busy():
		return true
	case e.cfg.MaxConcurrency > 0:
		return len(e.queue) > 0 && e.in == nil
	}
	return len(e.queue) > 0
}

// rest freezes the processes if nothing is to be done, as Lambda does when
// "there are no pending events":
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle
func (e *Environment) rest() error {
	if e.cfg.MaxConcurrency == 0 && !e.idle && e.in != nil && !e.stirred() {
		if err := freeze(e.in.processes()); err != nil {
			return fmt.Errorf("lambdaenv: %w", err)
		}
		e.in.frozen = true
		e.event(Frozen, "the processes are stopped")
	}
	e.idle = !e.stirred()
	e.tellIdlers()
	return nil
}

// tellIdlers answers WaitIdle, if that is the state of things.
func (e *Environment) tellIdlers() {
	if len(e.queue) > 0 || e.delayed > 0 || e.busy() || !e.idle {
		return
	}
	for _, c := range e.idlers {
		if e.last == nil {
			c <- nil
			continue
		}
		r := *e.last
		c <- &r
	}
	e.idlers = nil
}

// next takes the invocation whose turn it is.
func (e *Environment) next() *invocation {
	inv := e.queue[0]
	e.queue = slices.Delete(e.queue, 0, 1)
	return inv
}

// errExpired is what until returns at its deadline.
var errExpired = errors.New("deadline exceeded")

// until runs what others ask for until reached reports true, the deadline (if
// any) has passed, or the environment has to close.
func (e *Environment) until(deadline time.Time, reached func() bool) error {
	var expired <-chan time.Time
	for !reached() {
		if expired == nil && !deadline.IsZero() {
			t := time.NewTimer(time.Until(deadline))
			defer t.Stop()
			expired = t.C
		}
		select {
		case <-e.closing:
			return ErrClosed
		case f := <-e.calls:
			f()
		case <-expired:
			return errExpired
		}
	}
	return nil
}

// replace resets the environment after a crash between two invocations, or of
// a managed instance, whose invocations fail with it.
func (e *Environment) replace(f *fault) error {
	e.idle = false
	for _, inv := range e.in.running {
		e.failManaged(inv, f)
	}
	return e.reset("failure")
}

// cleanUp leaves no process, port or file.
func (e *Environment) cleanUp() {
	e.unwatch()
	errs := []error{e.closeErr}
	if e.in != nil {
		errs = append(errs, e.in.close())
	}
	e.spawner.stop()
	errs = append(errs, os.RemoveAll(e.tmp))
	e.closeErr = errors.Join(errs...)
}
