package lambdaenv

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// Phases of an init.
const (
	phaseInit   = "init"
	phaseInvoke = "invoke" // a suppressed init
)

// initialize starts the processes and returns when all of them have asked for
// the next event. The error is a *fault, or ErrClosed.
func (e *Environment) initialize(phase string, deadline time.Time) error {
	begun := time.Now()
	telemetry := newTelemetry()
	defer telemetry.close() // to further subscribers
	e.log.setTelemetry(telemetry)
	e.event(InitStarted, phase)
	e.platform.initStart(phase)
	in, err := newInstance(e)
	if err != nil {
		telemetry.end()
		return &fault{errorType: "Sandbox.Failure", message: err.Error(), at: time.Now()}
	}
	e.in = in
	err = in.boot(deadline)
	if errors.Is(err, ErrClosed) {
		return err
	}
	for _, a := range in.agents {
		e.platform.extension(a.name, a.state.String(), a.events, a.errorType)
	}
	if err == nil {
		e.platform.initDone(phase, time.Since(begun), statusSuccess, "")
		e.event(InitDone, "everyone asked for the next event")
		return nil
	}
	f := err.(*fault)
	status := statusError
	if f.errorType == "Sandbox.Timedout" {
		status = statusTimeout
		e.platform.initDone(phase, time.Since(begun), status, "")
	} else {
		e.platform.initDone(phase, time.Since(begun), status, f.errorType)
	}
	f.memory = e.maxMemory()
	e.in = nil
	return errors.Join(f, in.close())
}

// boot is the order of things in an init: all extensions first, and when all of
// them have registered, the function.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
func (in *instance) boot(deadline time.Time) error {
	e := in.env
	tmp, err := e.tmpFolder("tmp")
	if err != nil {
		return &fault{errorType: "Sandbox.Failure", message: err.Error(), at: time.Now()}
	}
	functionEnv, extensionEnv := e.cfg.environs(in.address, tmp, e.logStream)
	for _, path := range e.cfg.Extensions {
		a := &agent{name: filepath.Base(path)}
		in.agents = append(in.agents, a)
		if a.process, err = in.start(Extension, a.name, path, tmp, extensionEnv); err != nil {
			a.state = agentLaunchError
			return &fault{errorType: "Extension.LaunchError", message: err.Error(), at: time.Now()}
		}
	}
	registered := func() bool {
		return !slices.ContainsFunc(in.agents, func(a *agent) bool { return a.state == agentStarted })
	}
	if err := in.await(deadline, registered); err != nil {
		return err
	}
	if in.runtime, err = in.start(Function, RuntimeName, e.cfg.Function, e.cfg.taskRoot(), functionEnv); err != nil {
		return &fault{errorType: "Runtime.InvalidEntrypoint", message: err.Error(), at: time.Now()}
	}
	return in.await(deadline, func() bool {
		return in.asked && !slices.ContainsFunc(in.agents, func(a *agent) bool { return a.state != agentReady })
	})
}

// await waits for a step of the init.
func (in *instance) await(deadline time.Time, reached func() bool) error {
	err := in.env.until(deadline, func() bool { return in.fault != nil || reached() })
	switch {
	case in.fault != nil:
		return in.fault
	case errors.Is(err, errExpired):
		message, culprit := in.missing()
		return &fault{errorType: "Sandbox.Timedout", message: message, culprit: culprit, at: deadline}
	}
	return err
}

// missing says who has not done its part of the init.
func (in *instance) missing() (string, *process) {
	for _, a := range in.agents {
		if a.state == agentStarted {
			return "the init timed out: it has not registered under its file name", a.process
		}
	}
	if !in.asked {
		return "the init timed out: it has not asked for an event", in.runtime
	}
	for _, a := range in.agents {
		if a.state != agentReady && a.process != nil {
			return "the init timed out: it has registered, but not asked for an event", a.process
		}
		if a.state != agentReady {
			return fmt.Sprintf("the init timed out: its internal extension %q has not asked for an event", a.name), in.runtime
		}
	}
	return "the init timed out", nil
}

func (in *instance) start(source Source, name, path, dir string, environ []string) (*process, error) {
	in.workers.Add(1)
	p, err := in.env.spawner.start(source, name, path, dir, environ, in.env.log, func(p *process) {
		defer in.workers.Done()
		in.do(func() { in.exited(p) })
	})
	if err != nil {
		in.workers.Done()
	}
	return p, err
}
