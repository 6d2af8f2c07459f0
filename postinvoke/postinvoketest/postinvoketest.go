// Package postinvoketest runs wrapped handlers in a plain go test: no port, no
// layer, no other process. The test takes the place of Lambda, and decides when
// the response has been sent and when the environment shuts down.
//
//	env := postinvoketest.New(t)
//	inv := postinvoketest.Invoke(env, postinvoke.Wrap(handle, nil), Order{ID: 7})
//	// inv.Response is on its way, and no hook has started.
//	if err := inv.RunHooks(); err != nil {
//		t.Error(err) // of a hook that failed, panicked or was abandoned
//	}
//	for _, hook := range inv.Hooks() {
//		t.Log(hook.Name, hook.Outcome, hook.Finished.Sub(hook.Started))
//	}
//
// A lambda.Handler, as WrapHandler returns, is invoked through its method:
//
//	inv := postinvoketest.Invoke(env, h.Invoke, []byte(`{"id":7}`))
//
// Records that have no Options.Logger go to the output of the test, which go
// test prints if the test fails, and with -v.
//
// # Parallel tests
//
// Tests may run in parallel, except for those that call [Environment.Shutdown]:
// postinvoke.Shutdown has no context, and so its functions belong to no test in
// particular.
//
// # Bubbles
//
// All of it works in a bubble of testing/synctest, where timeouts take no time:
// call New inside it.
//
// Go cannot end a hook that was abandoned. In a bubble the test waits at its end
// until such hooks have returned. If one never returns, synctest panics with
// "deadlock: main bubble goroutine has exited but blocked goroutines remain".
// Outside of bubbles the test does not wait, and such hooks run beside the next
// tests.
//
// This package does not emulate Lambda itself, such as the freeze after the
// hooks. Package lambdaenv does.
package postinvoketest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/postinvoke/postinvoke"
)

// An Environment takes the place of an execution environment for one test.
type Environment struct {
	// Context is what the contexts of handlers are derived from. Nil means the
	// test's. A lambdacontext.LambdaContext in it is passed on, otherwise there
	// is one with a request id.
	Context context.Context

	// Timeout is the function's. Zero means 15 minutes, the longest of Lambda's.
	Timeout time.Duration

	t       testing.TB
	created time.Time
	once    sync.Once    // of Shutdown
	results results      // of shutdown functions, and of hooks of handlers that the test calls itself
	late    atomic.Int64 // hooks that were abandoned and have not returned

	mu          sync.Mutex
	invocations []*invocation
}

// New returns an environment that lasts until the test ends. Functions given to
// postinvoke.Shutdown from now on are the environment's; earlier ones belong to
// the process, and are not called. Results of the environment's shutdown go to the
// observer of the first handler that is wrapped from now on. If none is, they go to
// that of the first handler of the process.
//
// At the end of the test, New's cleanup runs the hooks that the test did not
// run. The test fails if a hook failed and neither RunHooks nor Shutdown has
// returned its error.
//
// In a test that runs in a bubble of testing/synctest, call New in the bubble,
// with the bubble's t.
func New(t testing.TB) *Environment {
	t.Helper()
	e := &Environment{t: t, created: time.Now()}
	if !process.open(e) {
		t.Fatal("postinvoketest: the environment of another test has been shut down and is still open: " +
			"do not run that test in parallel")
	}
	t.Cleanup(func() {
		t.Helper()
		e.close()
	})
	return e
}

func (e *Environment) close() {
	e.t.Helper()
	defer process.close(e)
	var failures []error
	for _, inv := range e.invocations {
		inv.runHooks()
		failures = append(failures, inv.results.unseenErrors())
	}
	failures = append(failures, e.results.unseenErrors())
	if err := errors.Join(failures...); err != nil {
		e.t.Errorf("postinvoketest: neither RunHooks nor Shutdown has returned these errors to the test: %v", err)
	}
	if e.late.Load() > 0 && inBubble() {
		e.awaitLateHooks()
	}
}

// Shutdown shuts the environment down. It calls the functions given to
// postinvoke.Shutdown since New, the last registered first, within the 500 ms
// that Lambda allows. It returns when they have returned or their time is up,
// with the errors of those that failed, were abandoned or were refused, each a
// *[HookError]. As on Lambda, the contexts of hooks that still run end before that.
//
// Shutdown fails a test that runs in parallel with another one.
func (e *Environment) Shutdown() error {
	e.t.Helper()
	e.checkClock()
	e.once.Do(func() {
		e.t.Helper()
		shutDown := process.beginShutdown()
		if shutDown == nil {
			e.t.Fatal("postinvoketest: another test is running in parallel, and the functions of postinvoke.Shutdown " +
				"may be either's: do not run a test that calls Environment.Shutdown in parallel")
		}
		shutDown()
	})
	return e.results.errors()
}

// ShutdownHooks returns the results of the functions given to
// postinvoke.Shutdown, in the order in which they finished.
func (e *Environment) ShutdownHooks() []postinvoke.HookResult {
	all := e.results.hooks()
	functions := all[:0]
	for _, result := range all {
		if result.Shutdown {
			functions = append(functions, result)
		}
	}
	return functions
}
