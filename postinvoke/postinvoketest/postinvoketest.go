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
// All of it works in a bubble of testing/synctest, where timeouts take no time:
// call New inside it. What this package cannot show is Lambda itself, such as
// the freeze after the hooks.
package postinvoketest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/postinvoke/internal/seam"
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
	shutDown func()
	once     sync.Once

	mu       sync.Mutex
	invoked  int
	begun    []*progress
	failures []error // of shutdown functions
}

var open atomic.Bool

// New returns an environment that lasts until the test ends. Functions given to
// postinvoke.Shutdown from now on are the environment's; earlier ones are left
// alone. As that is one place for the whole process, there can be one
// environment at a time: New fails the test if another is open, as in a
// parallel test.
//
// At the end of the test, hooks that it did not run are run, and the test fails
// if one of them does.
func New(t testing.TB) *Environment {
	t.Helper()
	if !open.CompareAndSwap(false, true) {
		t.Fatal("postinvoketest: another environment is open: use one at a time, and no parallel tests")
	}
	e := &Environment{t: t}
	shutDown, leave := seam.Enter(&seam.Observer{Began: began, Failed: e.failed, Over: over})
	e.shutDown = shutDown
	t.Cleanup(func() {
		t.Helper()
		for _, p := range e.begun {
			if err := p.runHooks(); err != nil && !p.seen {
				t.Errorf("postinvoketest: hooks that the test did not run: %v", err)
			}
		}
		leave()
		open.Store(false)
	})
	return e
}

// Shutdown plays the end of the environment. It calls the functions given to
// postinvoke.Shutdown since New, the last first, within the 300 ms that Lambda
// allows, and returns when they are over or their time is up: with the errors
// of those that failed or were abandoned, each a *[HookError].
//
// Hooks that run are told first, as on Lambda: their contexts end.
func (e *Environment) Shutdown() error {
	e.once.Do(e.shutDown)
	e.mu.Lock()
	defer e.mu.Unlock()
	return errors.Join(e.failures...)
}

// A HookError is the failure of a hook, or of a shutdown function.
type HookError struct {
	Hook string // the function's name, and where it is defined
	Err  error  // what it returned; or a text about a panic, with the stack; or why it was abandoned
}

func (e *HookError) Error() string { return e.Hook + ": " + e.Err.Error() }

// Unwrap returns Err. errors.Is finds the error that a hook returned or
// panicked with.
func (e *HookError) Unwrap() error { return e.Err }

func (e *Environment) failed(ctx context.Context, hook string, err error) {
	err = &HookError{hook, err}
	if p := progressOf(ctx); p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.failures = append(p.failures, err)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failures = append(e.failures, err)
}
