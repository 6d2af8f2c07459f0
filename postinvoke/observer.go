package postinvoke

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// An Observer is a set of functions that are called with the results of hooks
// and invocations, for metrics or tracing. Set it in [Options]. Any of the
// functions may be nil. This package writes its own log records with an
// Observer; it is called before yours.
//
// The functions are called synchronously, in the goroutine that has the result.
// The next hook starts, and the environment may be frozen, only after they have
// returned. Their time is billed and counts towards the function's timeout, so
// they should only count or buffer, and leave it to a hook to send what they
// have. Calls may overlap, because hooks of [Go] run beside others, and on
// Lambda Managed Instances so do invocations.
//
// ctx has the values of the context in question, such as the request id and the
// trace, but it never ends, and no hooks can be registered with it. If a function
// panics, that is logged as a library problem and changes nothing else.
//
// When the process ends before a result is known, by a crash or because Lambda
// kills it, nothing is called.
type Observer struct {
	// Hook is called exactly once for each hook, and for each function given to
	// Shutdown or ShutdownContext: after it has returned or panicked, or when it
	// is abandoned or refused. ctx has the values of the context that the hook
	// was registered with.
	//
	// A hook that has run is reported in its own goroutine, one that is
	// abandoned in another, and one that is refused in the goroutine that tried
	// to register it.
	Hook func(ctx context.Context, result HookResult)

	// LateHook is called when a hook that was abandoned has returned after all.
	// Hook was called for it before, with ErrAbandoned. The environment is not
	// kept awake for such a hook: it may return during a later invocation, long
	// after a freeze, or never.
	LateHook func(ctx context.Context, result HookResult)

	// Invocation is called exactly once for each call of a wrapped handler,
	// also if it registered no hook: after the handler has returned and Hook was
	// called for each of its hooks, and before the environment may be frozen.
	// ctx has the values of the context that the handler was called with.
	Invocation func(ctx context.Context, result InvocationResult)

	// Shutdown is called after the functions given to Shutdown and
	// ShutdownContext, and before the process exits. ctx has no values. Lambda
	// gives some 100 ms for it. The first handler that is wrapped decides which
	// Observer gets this and the results of those functions.
	Shutdown func(ctx context.Context, result ShutdownResult)
}

// A HookResult describes what became of a hook.
type HookResult struct {
	Name      string // given with the option Name, or that of its function and where it is defined
	RequestID string // of the invocation; empty for a shutdown function
	Shutdown  bool   // whether it was registered by Shutdown or ShutdownContext

	// Timeout is the limit of the hook's own, from the option Timeout or
	// Options.HookTimeout. Zero means that it had none.
	Timeout time.Duration

	Queued   time.Time // when it was registered
	Started  time.Time // when it was called; zero if it never was
	Finished time.Time // when it returned, or was abandoned or refused

	// Abandoned is when the hook was abandoned, or zero if it was not. In
	// LateHook, it is before Finished.
	Abandoned time.Time

	// Outcome is OutcomeOK, OutcomeError, OutcomePanic, OutcomeAbandoned or
	// OutcomeRefused. In LateHook it is one of the first three.
	Outcome Outcome

	// Err is nil if the hook succeeded. Otherwise it is the error that the hook
	// returned, a *PanicError, or an error for which errors.Is finds
	// ErrAbandoned or ErrRefused.
	Err error

	// Reason says why the hook was abandoned or refused, or why its context had
	// ended when it returned an error. Otherwise it is empty.
	Reason string
}

// An InvocationResult describes an invocation whose hooks are done.
type InvocationResult struct {
	RequestID string
	ColdStart bool // the first invocation of the process

	// Outcome is that of the handler: OutcomeOK, OutcomeError, OutcomePanic,
	// OutcomeTimeout or OutcomeStopped.
	Outcome Outcome

	Started  time.Time // when the handler was called
	Returned time.Time // when it returned or panicked, or was no longer waited for

	// Responded is when aws-lambda-go had sent the response. It is zero if that
	// is not known: the handler panicked, or its context was not Lambda's own.
	Responded time.Time

	// HooksStarted is when hooks could start, and zero if there were none or no
	// time was left for them. They took from then until Finished. Hooks of Go
	// start in the handler.
	HooksStarted time.Time
	Finished     time.Time

	Hooks     int // registered, calls of Go included
	Failures  int // of them returned an error or panicked
	Abandoned int // of them were not finished, or not started, in time
}

// A ShutdownResult describes the shutdown of the execution environment.
type ShutdownResult struct {
	Started, Finished time.Time
	Budget            time.Duration // that Lambda gives for it

	Hooks     int // functions given to Shutdown and ShutdownContext
	Failures  int // of them returned an error or panicked
	Abandoned int // of them were not finished, or not started, in time
}

// An Outcome says how a handler or a hook ended.
type Outcome string

// Outcomes of handlers and of hooks.
const (
	OutcomeOK    Outcome = "ok"
	OutcomeError Outcome = "error"
	OutcomePanic Outcome = "panic"

	// OutcomeTimeout is that of a handler that ran until no time was left for
	// its hooks.
	OutcomeTimeout Outcome = "timeout"

	// OutcomeStopped is that of a handler that ran when the environment was shut
	// down.
	OutcomeStopped Outcome = "stopped"

	// OutcomeAbandoned and OutcomeRefused are those of hooks: see ErrAbandoned
	// and ErrRefused.
	OutcomeAbandoned Outcome = "abandoned"
	OutcomeRefused   Outcome = "refused"
)

// What errors.Is finds in the error of a hook that did not finish.
var (
	// ErrAbandoned is that of a hook which had not returned, or not even
	// started, when its own timeout or the function's was near, or when the
	// environment shut down.
	ErrAbandoned = errors.New("abandoned")

	// ErrRefused is that of a hook which was registered too late to be called.
	ErrRefused = errors.New("refused")
)

// A PanicError is the error of a hook that panicked or called runtime.Goexit.
type PanicError struct {
	Value any    // that the hook panicked with; nil if it called runtime.Goexit
	Stack []byte // as runtime/debug.Stack formats it
}

func (e *PanicError) text() string {
	if e.Value == nil {
		return "runtime.Goexit was called"
	}
	return fmt.Sprint(e.Value)
}

// Error returns the panic's value and the stack.
func (e *PanicError) Error() string { return "panic: " + e.text() + "\n" + string(e.Stack) }

// Unwrap returns Value if that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
