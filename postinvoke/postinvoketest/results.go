package postinvoketest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"example.com/postinvoke/postinvoke"
)

// A HookError is the failure of a hook, or of a shutdown function.
type HookError struct {
	Hook string // its name
	Err  error  // what it returned, a *postinvoke.PanicError, or why it was abandoned or refused
}

// Error returns the name of the hook, and the text of Err.
func (e *HookError) Error() string { return e.Hook + ": " + fmt.Sprint(e.Err) } // Sprint survives a nil pointer

// Unwrap returns Err. errors.Is finds the error that a hook returned or panicked
// with, postinvoke.ErrAbandoned and postinvoke.ErrRefused.
func (e *HookError) Unwrap() error { return e.Err }

// hookFinished keeps the result of a hook.
func (e *Environment) hookFinished(ctx context.Context, result postinvoke.HookResult) {
	results := &e.results
	if inv := invocationOf(ctx); inv != nil {
		e, results = inv.environment, &inv.results
	}
	if result.Outcome == postinvoke.OutcomeAbandoned && !result.Started.IsZero() {
		e.late.Add(1)
	}
	results.add(result)
}

// lateHookFinished keeps the result of a hook that returned after it was
// abandoned.
func (e *Environment) lateHookFinished(ctx context.Context, result postinvoke.HookResult) {
	e.hookFinished(ctx, result)
	if inv := invocationOf(ctx); inv != nil {
		e = inv.environment
	}
	e.late.Add(-1)
}

// results are those of the hooks of one invocation, or of the shutdown.
type results struct {
	mu   sync.Mutex
	all  []postinvoke.HookResult
	seen int // the number of those whose errors were returned to the test
}

func (r *results) add(result postinvoke.HookResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, result)
}

func (r *results) hooks() []postinvoke.HookResult {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// errors returns the errors of all hooks to the test.
func (r *results) errors() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = len(r.all)
	return join(r.all)
}

// unseenErrors returns those that errors has not returned.
func (r *results) unseenErrors() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return join(r.all[r.seen:])
}

func join(results []postinvoke.HookResult) error {
	var failures []error
	for _, result := range results {
		if result.Err != nil {
			failures = append(failures, &HookError{result.Name, result.Err})
		}
	}
	return errors.Join(failures...)
}
