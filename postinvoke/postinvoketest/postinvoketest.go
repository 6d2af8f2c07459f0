// Package postinvoketest runs wrapped handlers in a plain go test: no port, no
// layer, no other process. The test plays Lambda, and decides when the response
// has been sent and when the environment shuts down.
//
//	env := postinvoketest.New(t)
//	inv := postinvoketest.Invoke(env, postinvoke.Wrap(handle, nil), Order{ID: 7})
//	// Here inv.Response is on its way, and no hook has started.
//	if err := inv.RunHooks(); err != nil {
//		t.Error(err) // of a hook that failed, panicked or was abandoned
//	}
//
// A lambda.Handler, as WrapHandler returns, is invoked through its method:
//
//	inv := postinvoketest.Invoke(env, h.Invoke, []byte(`{"id":7}`))
//
// # Bubbles
//
// All of it works in a bubble of testing/synctest, where timeouts take no time:
// call New inside it.
//
// Go cannot end a hook that was abandoned. In a bubble the test waits at its end
// until such hooks have returned. One that waits for ever makes synctest panic
// with "deadlock: main bubble goroutine has exited but blocked goroutines
// remain", and one that works for ever holds up the test.
// Outside of bubbles nobody waits, and they go on beside the next tests.
//
// What this package cannot show is Lambda itself, such as the freeze after the
// hooks.
package postinvoketest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/postinvoke/internal/testhook"
	"example.com/postinvoke/postinvoke"
)

// An Environment stands for an execution environment, for one test.
type Environment struct {
	// Context is what the contexts of handlers are derived from. Nil means the
	// test's. A lambdacontext.LambdaContext in it is passed on, otherwise there
	// is one with a request id.
	Context context.Context

	// Timeout is the function's. Zero means 15 minutes, the longest of Lambda's.
	Timeout time.Duration

	t        testing.TB
	made     time.Time
	shutDown func()
	once     sync.Once
	failures failures     // of shutdown functions
	late     atomic.Int64 // hooks that were abandoned and have not returned

	mu      sync.Mutex
	invoked int
	begun   []*progress
}

var open atomic.Bool

// New returns an environment that lasts until the test ends. Functions given to
// postinvoke.Shutdown from now on are the environment's; earlier ones are left
// alone. As that is one place for the whole process, there can be one
// environment at a time: New fails the test if another is open, as in a
// parallel test.
//
// At the end of the test, hooks that it did not run are run. The test fails if
// one of them does, or if any hook failed of which it has not been told, but for
// what an abandoned hook returns later.
//
// In a test that runs in a bubble of testing/synctest, New has to be called in
// it as well, with the bubble's t.
func New(t testing.TB) *Environment {
	t.Helper()
	if !open.CompareAndSwap(false, true) {
		t.Fatal("postinvoketest: another environment is open: use one at a time, and no parallel tests")
	}
	e := &Environment{t: t, made: time.Now()}
	shutDown, leave := testhook.Enter(began, &postinvoke.Observer{
		Hook:       e.hookDone,
		LateHook:   e.lateHookDone,
		Invocation: done,
	})
	e.shutDown = shutDown
	t.Cleanup(func() {
		t.Helper()
		untold := []error{e.failures.untold()}
		for _, p := range e.begun {
			p.runHooks()
			untold = append(untold, p.failures.untold())
		}
		if err := errors.Join(untold...); err != nil {
			t.Errorf("postinvoketest: the test was not told by RunHooks or Shutdown: %v", err)
		}
		if e.late.Load() > 0 && inBubble() {
			e.awaitLate()
		}
		leave()
		open.Store(false)
	})
	return e
}

// Shutdown plays the end of the environment. It calls the functions given to
// postinvoke.Shutdown since New, the last first, within the 500 ms that Lambda
// allows, and returns when they are over or their time is up: with the errors
// of those that failed or were abandoned, each a *[HookError].
//
// Hooks that run are told first, as on Lambda: their contexts end.
func (e *Environment) Shutdown() error {
	e.t.Helper()
	e.checkClock()
	e.once.Do(e.shutDown)
	return e.failures.tell()
}
