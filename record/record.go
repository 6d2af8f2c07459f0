// Package record names the log records of postinvoke: the contract between the
// library and the extension, which write them, and the dashboard and the demo,
// which read them. docs/records.md is a table of them, with examples.
//
// With the JSON log format a record is one line with timestamp (RFC 3339),
// level, message, where there is one requestId, and the fields below at the
// top level. With the text format it is the same fields as key=value pairs.
// Every field that ends in Ms is a number of milliseconds, with fractions.
package record

// Messages: the value of the message field, by which a record is told apart.
const (
	// Ready is written once by the library when it has found out how the
	// environment is kept awake: Mode, Reason.
	Ready = "postinvoke: ready"

	// Hooks is written by the library once for every invocation that had
	// hooks, when the last of them is over: Outcome, HandlerMs, ResponseMs,
	// HookCount, HooksMs, Failures, Abandoned, ColdStart, Mode.
	Hooks = "postinvoke: hooks finished"

	// HookFinished is written by the library, at level DEBUG, for each hook
	// that is over, however it ended: Hook, HookMs.
	HookFinished = "postinvoke: hook finished"

	// HookFailed is written by the library for a hook that panicked (Panic,
	// Stack) or returned an error (Error), with Hook.
	HookFailed = "postinvoke: hook failed"

	// HookAbandoned is written by the library for a hook it could not finish
	// or start in time: Hook, Started, Reason.
	HookAbandoned = "postinvoke: hook abandoned"

	// HookLate is written by the library when an abandoned hook has returned
	// after all, possibly during a later invocation: Hook, LateMs.
	HookLate = "postinvoke: abandoned hook returned"

	// HookRefused is written by the library for a hook registered when it was
	// too late to run it: Hook, Reason.
	HookRefused = "postinvoke: hook refused"

	// LinkLost is written by the library when its connection to the extension
	// was lost, as a warning if it could connect again: Error.
	LinkLost = "postinvoke: link lost"

	// ShutdownHooks is written by the library when the shutdown hooks are
	// over: HookCount, HooksMs, BudgetMs, Failures, Abandoned.
	ShutdownHooks = "postinvoke: shutdown hooks finished"

	// Environment is written by the extension at the end of the execution
	// environment: Reason, LifetimeMs, IdleMs, Invocations, AwakeMs.
	Environment = "postinvoke: environment shut down"

	// Released is written by the extension, or by the library where it stands
	// in for it, when it stopped waiting for an invocation without word from
	// the function: Reason, and Mode if it was the library.
	Released = "postinvoke: stopped waiting for hooks"

	// ExtensionProblem is written by the extension, or by the library where it
	// stands in for it, when it cannot work as intended: Reason, and Mode if it
	// was the library.
	ExtensionProblem = "postinvoke: extension problem"
)

// Fields.
const (
	RequestID   = "requestId"
	Mode        = "mode"        // extension, internal or none
	Reason      = "reason"      // a sentence; in Environment the shutdown reason
	Outcome     = "outcome"     // of the handler: ok, error, panic, timeout, or stopped if the environment ended while it ran
	HandlerMs   = "handlerMs"   // the handler, from call to return
	ResponseMs  = "responseMs"  // from the handler's call until aws-lambda-go had sent the response; absent where that is not known, as after a panic or timeout
	HookCount   = "hooks"       // hooks registered, calls of Go included
	HooksMs     = "hooksMs"     // from the response until the last hook was over
	Failures    = "failures"    // hooks that panicked or returned an error
	Abandoned   = "abandoned"   // hooks not finished, or not started, in time
	ColdStart   = "coldStart"   // true for the first invocation of the process
	Hook        = "hook"        // the hook's function name and where it is defined
	HookMs      = "hookMs"      // the hook, from call to return
	Started     = "started"     // whether the hook was called at all
	Error       = "error"       // what a hook returned, or what went wrong
	Panic       = "panic"       // what a hook panicked with
	Stack       = "stack"       // its stack
	LateMs      = "lateMs"      // how long after it was abandoned
	BudgetMs    = "budgetMs"    // the time Lambda gives the function to shut down
	LifetimeMs  = "lifetimeMs"  // from the extension's start to its end
	IdleMs      = "idleMs"      // from the end of the last invocation to the shutdown
	Invocations = "invocations" // invocations served
	AwakeMs     = "awakeMs"     // all time spent in hooks after responses, summed
)

// Values of Mode.
const (
	ModeExtension = "extension" // the layer's extension keeps the environment awake
	ModeInternal  = "internal"  // the library does so itself, as an internal extension
	ModeNone      = "none"      // nothing does, or nothing needs to
)
