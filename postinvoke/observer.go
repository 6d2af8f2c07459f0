package postinvoke

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// An Observer is a set of functions that are called with the results of hooks
// and invocations, for metrics or tracing. Set it in [Options]. Any of the
// functions may be nil. This package writes its own log records with an Observer
// of the same kind, which is called before yours.
//
// The functions are called synchronously: the next hook starts, and the
// environment may be frozen, only after they have returned. Their time is billed
// and counts towards the function's timeout, so they should count or buffer, and
// leave sending to a hook of a later invocation or to a shutdown function. If a
// function does not return, the environment stays awake until 100 ms before the
// timeout. Calls may overlap, because hooks of [Go] run beside others and Lambda
// Managed Instances serve several invocations at once.
//
// Their contexts have values, such as the request id and the trace, but do not
// end. Hooks cannot be registered with them: [Run], [RunContext] and [Go] panic. If
// a function panics, that is logged as a library problem and has no other effect.
// If the functions cause calls of themselves without end, by registering hooks that
// are refused, they are not called after the hundredth.
//
// If the process ends first, because it exits, crashes or is killed by Lambda, the
// functions are not called.
type Observer struct {
	// Hook is called exactly once for each hook, and for each function given to
	// Shutdown or ShutdownContext: after it has returned or panicked, or when it
	// is abandoned or refused. ctx has the values of the context that the hook
	// was registered with.
	//
	// If the hook has returned or panicked, Hook is called in the hook's
	// goroutine; if it is refused, in the goroutine that tried to register it;
	// and otherwise, or for a shutdown function, in a goroutine of this package.
	Hook func(ctx context.Context, result HookResult)

	// LateHook is called, in addition to Hook, when a hook that was abandoned
	// returns or panics later. The environment is not kept awake for such a
	// hook: it may return at once, even before the call of Hook has, or during a
	// later invocation, or never.
	LateHook func(ctx context.Context, result HookResult)

	// Invocation is called exactly once for each call of a wrapped handler,
	// also if that registered no hook: after the handler has ended, as Outcome
	// describes, and Hook has returned for each of its hooks, and before the
	// environment may be frozen. ctx has the values of the context that the
	// handler was called with. Hooks that are refused may follow.
	Invocation func(ctx context.Context, result InvocationResult)

	// Shutdown is called after all functions given to Shutdown and
	// ShutdownContext have returned or been abandoned, and before the process
	// exits. If they took all of their time, 100 ms are left. ctx has no values.
	// Of several wrapped handlers, the observer of the first receives this and
	// the results of those functions.
	Shutdown func(ctx context.Context, result ShutdownResult)
}

// A HookResult describes how a hook ended.
type HookResult struct {
	Name      string // from the option Name, or the function's name and the place where it is defined
	RequestID string // of the invocation; empty for a shutdown function
	Shutdown  bool   // registered with Shutdown or ShutdownContext

	// Timeout is the hook's own limit, from the option Timeout or
	// Options.HookTimeout. Zero means that it had none.
	Timeout time.Duration

	Queued   time.Time // when it was registered
	Started  time.Time // when it was called; zero if it never was
	Finished time.Time // when it returned, or was abandoned or refused

	// Abandoned is when the hook was abandoned; zero if it was not. It equals
	// Finished, except for LateHook: then it is earlier.
	Abandoned time.Time

	// Outcome is OutcomeOK, OutcomeError, OutcomePanic, OutcomeAbandoned or
	// OutcomeRefused; for LateHook, one of the first three.
	Outcome Outcome

	// Err is nil if the hook succeeded. Otherwise it is what the hook returned,
	// a *PanicError, or an error that wraps ErrAbandoned or ErrRefused.
	Err error

	// Reason describes why the hook was abandoned or refused, or why its context
	// had ended when it returned an error. Otherwise it is empty.
	Reason string
}

// An InvocationResult describes an invocation whose hooks have finished.
type InvocationResult struct {
	RequestID string
	ColdStart bool // the first invocation of the process

	// Outcome is that of the handler: OutcomeOK, OutcomeError, OutcomePanic,
	// OutcomeTimeout or OutcomeStopped.
	Outcome Outcome

	Started  time.Time // when the handler was called
	Returned time.Time // when it returned or panicked, or timed out or was stopped

	// Responded is when aws-lambda-go had sent the response. It is zero if that
	// is not known: the handler panicked, or its context was not Lambda's own.
	Responded time.Time

	// HooksStarted is when the hooks of Run and RunContext could start; zero if
	// the invocation had no hooks, or they could not start in time. From then
	// until Finished, the environment was kept awake for hooks.
	HooksStarted time.Time
	Finished     time.Time

	Hooks     int // registered, calls of Go included; without those that were refused
	Failures  int // hooks that returned an error or panicked
	Abandoned int // hooks that did not return, or did not start, in time
}

// A ShutdownResult describes the shutdown of the execution environment.
type ShutdownResult struct {
	Started, Finished time.Time
	Budget            time.Duration // that Lambda allows

	Hooks     int // functions given to Shutdown and ShutdownContext
	Failures  int // functions that returned an error or panicked
	Abandoned int // functions that did not return, or did not start, in time
}

// An Outcome is how a handler or a hook ended.
type Outcome string

// Outcomes of handlers and of hooks.
const (
	OutcomeOK    Outcome = "ok"
	OutcomeError Outcome = "error"
	OutcomePanic Outcome = "panic"

	OutcomeTimeout   Outcome = "timeout"   // of a handler that ran until no time was left for its hooks
	OutcomeStopped   Outcome = "stopped"   // of a handler that ran when the environment shut down
	OutcomeAbandoned Outcome = "abandoned" // of a hook: see ErrAbandoned
	OutcomeRefused   Outcome = "refused"   // of a hook: see ErrRefused
)

// Errors of hooks that did not finish, for errors.Is.
var (
	// ErrAbandoned is the error of a hook that had not returned soon after its
	// own timeout, or had not returned or not even started when the function's
	// timeout was near or the environment shut down.
	ErrAbandoned = errors.New("abandoned")

	// ErrRefused is the error of a hook that was registered too late to be
	// called.
	ErrRefused = errors.New("refused")
)

// A PanicError is the error of a hook that panicked or called runtime.Goexit.
type PanicError struct {
	Value any    // the panic's; nil if the hook called runtime.Goexit
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
