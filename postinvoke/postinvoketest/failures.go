package postinvoketest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"example.com/postinvoke/postinvoke"
)

// What errors.Is finds in the error of a hook that did not fail by itself.
var (
	// ErrAbandoned is that of a hook which was not over, or not even called,
	// when the function's timeout was near or the environment shut down.
	ErrAbandoned = postinvoke.ErrAbandoned

	// ErrRefused is that of a hook which was registered too late to be called.
	ErrRefused = postinvoke.ErrRefused
)

// A HookError is the failure of a hook, or of a shutdown function.
type HookError struct {
	Hook string // the function's name, and where it is defined if that is known
	Err  error  // what it returned, a *postinvoke.PanicError, or why it was abandoned or refused
}

// Error names the hook, and says what Err does.
func (e *HookError) Error() string { return e.Hook + ": " + fmt.Sprint(e.Err) } // Sprint survives a nil pointer

// Unwrap returns Err. errors.Is finds the error that a hook returned or
// panicked with, [ErrAbandoned] and [ErrRefused].
func (e *HookError) Unwrap() error { return e.Err }

// hookDone notes the failure of a hook.
func (e *Environment) hookDone(ctx context.Context, result postinvoke.HookResult) {
	if result.Err == nil {
		return
	}
	if result.Outcome == postinvoke.OutcomeAbandoned && !result.Started.IsZero() {
		e.late.Add(1)
	}
	to := &e.failures
	if p := progressOf(ctx); p != nil {
		to = &p.failures
	}
	to.add(&HookError{result.Name, result.Err})
}

// lateHookDone notes that an abandoned hook has returned.
func (e *Environment) lateHookDone(ctx context.Context, result postinvoke.HookResult) {
	e.hookDone(ctx, result)
	e.late.Add(-1)
}

// failures are those of one invocation, or of the shutdown.
type failures struct {
	mu   sync.Mutex
	all  []error
	told int // the first of them, which the test knows
}

func (f *failures) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, err)
}

// tell returns all failures to the test.
func (f *failures) tell() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = len(f.all)
	return errors.Join(f.all...)
}

// untold returns those that the test does not know.
func (f *failures) untold() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.all[f.told:]...)
}
