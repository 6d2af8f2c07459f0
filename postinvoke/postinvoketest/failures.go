package postinvoketest

import (
	"context"
	"errors"
	"sync"

	"example.com/postinvoke/internal/seam"
)

// What errors.Is finds in the error of a hook that did not fail by itself.
var (
	// ErrAbandoned is that of a hook which was not over, or not even called,
	// when the function's timeout was near or the environment shut down.
	ErrAbandoned = seam.ErrAbandoned

	// ErrRefused is that of a hook which was registered too late to be called.
	ErrRefused = seam.ErrRefused
)

// A HookError is the failure of a hook, or of a shutdown function.
type HookError struct {
	Hook string // the function's name, and where it is defined if that is known
	Err  error  // what it returned; or a text about a panic, with the stack; or why it was abandoned or refused
}

// Error names the hook, and says what Err does.
func (e *HookError) Error() string { return e.Hook + ": " + e.Err.Error() }

// Unwrap returns Err. errors.Is finds the error that a hook returned or
// panicked with, [ErrAbandoned] and [ErrRefused].
func (e *HookError) Unwrap() error { return e.Err }

func (e *Environment) failed(ctx context.Context, hook string, err error) {
	to := &e.failures
	if p := progressOf(ctx); p != nil {
		to = &p.failures
	}
	to.add(&HookError{hook, err})
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
