// Package record names the log records of postinvoke: the contract between the
// library and the extension, which write them, and the dashboard and the demo,
// which read them. docs/records.md is a table of them, with examples.
//
// With the JSON log format a record is one line with timestamp (RFC 3339),
// level, message, function, requestId if it is about an invocation, and the
// fields below at the top level. With the text format the same fields are
// key=value pairs. Every field that ends in Ms is a number of milliseconds,
// with fractions.
package record

// Messages: the value of the message field, by which a record is recognized.
const (
	// Ready is written once by the library, during init: Mode, Layer, Reason.
	// At level ERROR nothing keeps the environment awake.
	Ready = "postinvoke: ready"

	// Hooks is written by the library once for every invocation that had
	// hooks, when the last of them is done: Outcome, HandlerMs, ResponseMs,
	// HookCount, HooksMs, Failures, Abandoned, ColdStart.
	Hooks = "postinvoke: hooks finished"

	// HookFinished is written by the library, at level DEBUG, for each hook
	// that has ended, in any way: Hook, HookMs.
	HookFinished = "postinvoke: hook finished"

	// HookFailed is written by the library for a hook that panicked (Panic,
	// Stack) or returned an error (Error, and Reason if its context had ended),
	// with Hook and HookMs.
	HookFailed = "postinvoke: hook failed"

	// HookAbandoned is written by the library for a hook it could not finish
	// or start in time: Hook, Started, Reason, and HookMs if it was called.
	HookAbandoned = "postinvoke: hook abandoned"

	// HookLate is written by the library when an abandoned hook has returned
	// after all, possibly during a later invocation: Hook, LateMs.
	HookLate = "postinvoke: abandoned hook returned"

	// HookRefused is written by the library for a hook registered when it was
	// too late to run it: Hook, Reason.
	HookRefused = "postinvoke: hook refused"

	// HooksLost is written by the extension, when the environment ends, for
	// each invocation whose hooks the function process took with it when it
	// was killed, exited or crashed, and likewise for the shutdown functions,
	// without a request id: Phase, Hook, Running, NotStarted, Waiting.
	HooksLost = "postinvoke: hooks lost"

	// ShutdownHooks is written by the library when the shutdown functions are
	// done: HookCount, HooksMs, BudgetMs, Failures, Abandoned.
	ShutdownHooks = "postinvoke: shutdown hooks finished"

	// Environment is written by the extension at the end of the execution
	// environment: Reason, LifetimeMs, and if a function with the library ran
	// in it also IdleMs, Invocations, AwakeMs, HookCount, Failures, Abandoned.
	Environment = "postinvoke: environment shut down"

	// Released is written by the library when it no longer keeps the
	// environment awake for an invocation, though it is not done: Reason.
	Released = "postinvoke: stopped waiting for hooks"

	// LibraryProblem is written by the library when it cannot work as intended,
	// and at level WARN when the function is set up in a way that endangers
	// its hooks: Reason.
	LibraryProblem = "postinvoke: library problem"

	// ExtensionProblem is written by the extension when it cannot work as
	// intended: Reason.
	ExtensionProblem = "postinvoke: extension problem"
)

// Fields.
const (
	Function    = "function"    // the function's name; in every record
	RequestID   = "requestId"   // in every record about an invocation
	Mode        = "mode"        // internal or none
	Layer       = "layer"       // whether the extension's black box was found
	Reason      = "reason"      // a sentence; in Environment the shutdown reason
	Outcome     = "outcome"     // of the handler: ok, error, panic, timeout, or stopped by the shutdown
	HandlerMs   = "handlerMs"   // the handler, from call to return
	ResponseMs  = "responseMs"  // from the handler's call until the response was sent; absent where that is not known
	HookCount   = "hooks"       // hooks registered, calls of Go included
	HooksMs     = "hooksMs"     // from when the hooks could start until the last was done; absent if they never could
	Failures    = "failures"    // hooks that panicked or returned an error
	Abandoned   = "abandoned"   // hooks not finished, or not started, in time
	ColdStart   = "coldStart"   // true for the first invocation of the process
	Hook        = "hook"        // the hook's name; in HooksLost the names of those that ran, separated by commas
	HookMs      = "hookMs"      // the hook, from call to return; in HookAbandoned until it was abandoned
	Started     = "started"     // whether the hook was called at all
	Error       = "error"       // what a hook returned
	Panic       = "panic"       // what a hook panicked with
	Stack       = "stack"       // its stack
	LateMs      = "lateMs"      // how long after it was abandoned
	Phase       = "phase"       // what the invocation had come to: handler, response, hooks; or shutdown
	Running     = "running"     // how many hooks ran
	NotStarted  = "notStarted"  // how many hooks had been registered and never ran
	Waiting     = "waiting"     // their names, next to run first, separated by commas
	BudgetMs    = "budgetMs"    // the time Lambda gives the function to shut down
	LifetimeMs  = "lifetimeMs"  // from the extension's start to its end
	IdleMs      = "idleMs"      // from the end of the last invocation that ended to the shutdown; absent if none did
	Invocations = "invocations" // invocations of wrapped handlers
	AwakeMs     = "awakeMs"     // all time spent in hooks after responses, summed
)

// Values of Mode.
const (
	ModeInternal = "internal" // the library keeps the environment awake, as an internal extension
	ModeNone     = "none"     // nothing does, or nothing needs to
)
