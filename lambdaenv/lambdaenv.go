// Package lambdaenv is a local AWS Lambda execution environment, for tests of
// functions and extensions. It runs both as real processes, answers the caller
// the moment the response is posted, freezes and thaws the processes, and runs
// the shutdown phase. It works on Linux and macOS.
//
//	env, err := lambdaenv.Start(ctx, lambdaenv.Config{
//		Function:   "./bootstrap",                // any executable that uses the Runtime API
//		Extensions: []string{"./my-extension"},   // and any external extension
//	})
//	defer env.Close()
//	response, err := env.Invoke(ctx, []byte(`{}`)) // the caller has the response
//	report, err := env.WaitIdle(ctx)               // all have requested the next event, and are frozen
//	_, err = env.Shutdown(ctx, "spindown")
//
// In tests, package lambdaenvtest does the same in fewer lines.
//
// # What happens when
//
// [Start] is the Init phase: the extensions start and register, then the
// function starts, and all request their first event. [Environment.Invoke] and
// [Environment.Do] queue an event and return with its response (at once, if it is
// asynchronous), [Environment.InvokeStream] when the response begins. The invocation
// continues until the function and the extensions that registered for INVOKE have
// requested the next event; [Environment.WaitIdle] waits for that. Then the processes
// are stopped until the next invocation. A timeout or a crash ends the processes, and
// the next invocation starts new ones.
// [Environment.Shutdown] is the Shutdown phase; [Environment.Close] kills everything.
//
// [Environment.Entries] returns the log, as CloudWatch has it, and the moments that
// Lambda itself does not log.
//
// # An invocation, step by step
//
//  1. [Environment.Do] puts it into the queue (request.go).
//  2. Environment.step takes it from there, begin thaws the processes, or starts
//     them, and handOver answers the runtime's call for the next event and those of
//     the extensions (environment.go, sandbox.go).
//  3. The runtime posts to /response or /error: runtimeRespond gives the caller the response
//     (runtimeapi.go).
//  4. The runtime and the extensions request the next event (runtimeNext in
//     runtimeapi.go, extensionNext in extensionsapi.go).
//  5. step finds the invocation settled, and settle logs the REPORT (invocation.go). The
//     next step begins another invocation or, if none is queued, freeze stops the
//     processes (environment.go, process.go). Instead of settle, expire ends an
//     invocation that has timed out, and fail one whose processes crashed.
//
// # What it agrees with
//
// Where the AWS Runtime Interface Emulator does the same, both agree, except where
// AWS's documentation differs from the emulator. Nothing was compared with AWS
// itself. docs/lambdaenv.md has the differences.
//
// Not emulated: X-Ray, credentials, limits of CPU and memory, SnapStart, /opt, and
// the Logs API, whose every subscription gets 202 Logs.NotSupported. Extensions that listen
// for telemetry at sandbox.localdomain need that name in /etc/hosts.
package lambdaenv

import "time"

// Config describes what to run. Function is required; every other zero value works.
type Config struct {
	// Function is the path of the executable that is started as the runtime.
	Function string

	// Extensions are the paths of external extensions. The file name is the
	// name under which each must register.
	Extensions []string

	// Name is the function's name. Empty means "function".
	Name string

	// Env holds further variables, KEY=value, for function and extensions.
	// They replace those that the environment sets itself.
	Env []string

	// Timeout of an invocation, response and everything after it. Zero means 30 s.
	Timeout time.Duration

	// InitTimeout of the Init phase. Zero means 10 s, as on Lambda.
	InitTimeout time.Duration

	// RetryInit makes Start succeed even if the init failed or took too long: the
	// first invocation runs it again, within its own timeout, as on Lambda.
	RetryInit bool

	// Retries is how often a failed asynchronous invocation is tried again, at once.
	// Zero means 2, as on Lambda; a negative number means none.
	Retries int

	// MemoryMB is reported to the function and in the logs. Zero means 512.
	MemoryMB int

	// LogFormat is Text or JSON. Empty means Text, or JSON on a managed instance,
	// which takes no other.
	LogFormat LogFormat

	// ApplicationLogLevel and SystemLogLevel are DEBUG, INFO or WARN (and
	// ERROR, FATAL, TRACE for the former). Empty means INFO. JSON only. What
	// a process prints below the application log level is not in the log, and
	// a line without a level counts as INFO.
	ApplicationLogLevel, SystemLogLevel string

	// MaxConcurrency above zero makes this a Lambda Managed Instance serving
	// as many invocations at once: never frozen, no INVOKE for extensions.
	MaxConcurrency int

	// Refuse is for tests only. It makes calls of the Extensions API fail, to see
	// what an extension does then: it maps "register", "next", "init/error" and
	// "exit/error" to the HTTP status to answer with.
	Refuse map[string]int

	// Observe, if set, is called with every entry as it is logged, one at a
	// time and in order. It must not call back into the environment.
	Observe func(Entry)

	// Forget keeps no log, so that memory does not grow with the number of
	// invocations: Entries then returns none. Observe still gets every entry.
	Forget bool

	expire <-chan struct{} // makes the deadline pass that is waited for, in tests of this package
}

// LogFormat is a function's log format.
type LogFormat string

// The two log formats of Lambda.
const (
	Text LogFormat = "Text"
	JSON LogFormat = "JSON"
)

// An Entry is one line of the log, or an event of the environment that Lambda itself
// does not log.
//
// A line of a process belongs to the invocation in progress, up to the end of
// the reset after a timeout or a crash. On a managed instance, where there may
// be many, it belongs to none.
type Entry struct {
	Time      time.Time
	Source    Source
	Name      string // of the extension, when Source is Extension
	Kind      Kind
	RequestID string // of the invocation it belongs to, if any
	Text      string // a log line, without its line end; for other kinds a few words
}

// Source is where an entry comes from.
type Source string

// Sources of entries.
const (
	Platform  Source = "platform"
	Function  Source = "function"
	Extension Source = "extension"
	Caller    Source = "caller"
)

// Kind is what an entry is about.
type Kind string

// Kinds of entries. Only Line entries would be found in CloudWatch.
const (
	Line          Kind = "line"           // printed by a process, or logged by the platform
	InitStarted   Kind = "init-started"   // processes are about to start
	InitDone      Kind = "init-done"      // function and extensions have requested the next event
	Invoked       Kind = "invoked"        // the event was handed to the runtime
	Responded     Kind = "responded"      // the caller has the response
	RuntimeDone   Kind = "runtime-done"   // the runtime requested the next event
	Idle          Kind = "idle"           // runtime, and extensions with INVOKE, have requested the next event
	Frozen        Kind = "frozen"         // the processes were stopped
	Thawed        Kind = "thawed"         // the processes continue
	Reset         Kind = "reset"          // the processes are ended, after a timeout or a crash
	ShutdownBegan Kind = "shutdown-began" // the Shutdown phase begins
	Signaled      Kind = "signaled"       // a process was sent SIGTERM or SIGKILL
	Exited        Kind = "exited"         // a process ended
	ShutdownDone  Kind = "shutdown-done"  // nothing is left
)

// A Response is what the caller of an invocation gets.
type Response struct {
	RequestID     string
	Payload       []byte
	ContentType   string
	FunctionError string        // error type of a failed invocation, else empty
	Latency       time.Duration // from handing the event to the runtime to the posted response
}

// A Report sums up one invocation, as Lambda's REPORT line does.
type Report struct {
	RequestID   string
	Status      string // success, error (of the function, or a crash) or timeout
	Duration    time.Duration
	Billed      time.Duration
	Init        time.Duration // of a cold start, else zero
	MaxMemoryMB int

	// Moments of the invocation; zero where one was not reached.
	HandedOver, Responded, RuntimeDone, Idle time.Time
}

// PostRuntimeExtensions is the time between the runtime's request for the next
// event and the last extension's: Lambda's metric PostRuntimeExtensionsDuration.
func (r Report) PostRuntimeExtensions() time.Duration {
	if r.RuntimeDone.IsZero() || r.Idle.IsZero() {
		return 0
	}
	return max(0, r.Idle.Sub(r.RuntimeDone))
}

// A ShutdownReport sums up the Shutdown phase.
type ShutdownReport struct {
	Reason  string
	Took    time.Duration // until the last process was gone
	Runtime time.Duration // until the function's process was gone
	Killed  []string      // names of processes that had to be killed
}
