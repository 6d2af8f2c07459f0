package lambdaenv

import (
	"bytes"
	"encoding/json"
	"errors"
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

// shutDown runs the Shutdown phase.
func (e *Environment) shutDown() error {
	e.idle = false
	e.event(ShutdownBegan, e.leaving.reason)
	report, err := e.stop(e.leaving.reason)
	if err != nil {
		return err
	}
	e.event(ShutdownDone, "nothing is left")
	e.leaving.report <- &report
	e.left = true
	return nil
}

// reset ends the processes after a timeout or a crash. The next invocation
// starts new ones; the files in /tmp stay.
func (e *Environment) reset(reason string) error {
	e.coldInit = 0
	if e.in == nil {
		return nil
	}
	e.event(Reset, reason)
	_, err := e.stop(reason)
	return err
}

// stop ends the processes in Lambda's order: the runtime first, and only then
// the extensions, which so can still serve it. If somebody closes the
// environment meanwhile, the error is ErrClosed, and the rest is left to cleanUp.
func (e *Environment) stop(reason string) (ShutdownReport, error) {
	report := ShutdownReport{Reason: reason}
	in := e.in
	if in == nil {
		return report, nil
	}
	in.stopping = true
	began := time.Now()
	var errs []error
	end := func(ps ...*process) {
		for _, p := range ps {
			if p.alive() {
				report.Killed = append(report.Killed, p.name)
			}
		}
		errs = append(errs, kill(ps))
	}

	internal, external := in.extensions()
	if internal || len(external) > 0 {
		in.thaw()
		grace := runtimeExternal
		if internal {
			grace = runtimeInternal
		}
		if in.runtime.alive() {
			in.runtime.signal(syscall.SIGTERM, "SIGTERM")
		}
		err := e.until(began.Add(grace), func() bool { return !in.runtime.alive() })
		if errors.Is(err, ErrClosed) {
			return report, err
		}
	}
	// Without any extension there is no notice at all:
	// https://github.com/aws-samples/graceful-shutdown-with-aws-lambda
	end(in.runtime)
	report.Runtime = time.Since(began)
	if err := e.flushTelemetry(in); err != nil {
		return report, err
	}

	deadline := began.Add(shutdownTotal)
	in.shutdown = shutdownEvent(reason, deadline)
	for _, a := range external {
		switch {
		case !a.down:
			end(a.process)
		case a.next != nil:
			a.tell(in.shutdown)
		}
	}
	err := e.until(deadline, func() bool {
		for _, a := range external {
			if a.process.alive() {
				return false
			}
		}
		return true
	})
	if errors.Is(err, ErrClosed) {
		return report, err
	}
	for _, a := range external {
		end(a.process)
	}
	report.Took = time.Since(began)
	e.in = nil
	return report, errors.Join(append(errs, in.close())...)
}

// flushTelemetry gives subscribers what there is before they learn that it is
// the end, as AWS's emulator of managed instances does: "If any of the input
// streams are closed, then Lambda flushes the logs. This can happen if, for
// example, the runtime crashes." One that does not read is not waited for.
func (e *Environment) flushTelemetry(in *instance) error {
	flushed := false
	all := in.telemetry.flush()
	in.workers.Go(func() {
		<-all
		in.do(func() { flushed = true })
	})
	err := e.until(time.Now().Add(flushWithin), func() bool { return flushed })
	if errors.Is(err, errExpired) {
		return nil
	}
	return err
}

// extensions returns whether an internal extension is registered, and the
// external ones.
func (in *instance) extensions() (internal bool, external []*agent) {
	for _, a := range in.agents {
		if a.process == nil {
			internal = true
		} else {
			external = append(external, a)
		}
	}
	return internal, external
}

// shutdownEvent is what extensions get. The reasons are lower case on Lambda,
// whatever its documentation says, and the deadline is a number.
func shutdownEvent(reason string, deadline time.Time) []byte {
	event, err := json.Marshal(struct {
		EventType  string `json:"eventType"`
		Reason     string `json:"shutdownReason"`
		DeadlineMs int64  `json:"deadlineMs"`
	}{"SHUTDOWN", reason, deadline.UnixMilli()})
	if err != nil {
		panic("lambdaenv: " + err.Error()) // strings marshal
	}
	return event
}

func (in *instance) isShutdown(event []byte) bool {
	return bytes.HasPrefix(event, []byte(`{"eventType":"SHUTDOWN"`))
}
