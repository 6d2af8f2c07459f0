// Package seam is where package postinvoketest enters package postinvoke: what
// a test may do and see that a function may not.
package seam

import (
	"context"
	"errors"
)

// An Observer is told what becomes of invocations and their hooks. ctx is the
// context that the handler was called with. Its functions may be called from
// any goroutine; none may be nil.
type Observer struct {
	// Began is called when a wrapped handler is called.
	Began func(ctx context.Context)

	// Failed is called for a hook that failed, was abandoned or refused, and
	// for a shutdown function likewise, then without a context.
	Failed func(ctx context.Context, hook string, err error)

	// GivenUp is called when a hook or shutdown function that runs is
	// abandoned, and Returned when it has returned after all.
	GivenUp, Returned func()

	// Over is called when nothing is left to do for the invocation.
	Over func(ctx context.Context)
}

// What [Observer.Failed] is told of a hook that did not fail by itself.
var (
	ErrAbandoned = errors.New("abandoned")
	ErrRefused   = errors.New("refused")
)

// Enter begins the lifetime of an execution environment that the observer
// watches. Until leave is called, shutdown functions are registered with it,
// invocations begin in it, and the process does not listen for SIGTERM on
// behalf of them. shutDown calls the functions registered since.
//
// Package postinvoke sets Enter.
var Enter func(*Observer) (shutDown, leave func())
