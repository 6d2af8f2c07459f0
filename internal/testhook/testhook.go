// Package testhook is where package postinvoketest enters package postinvoke: what
// a test may do that a function may not.
package testhook

import (
	"context"
	"io"
)

// Enter begins the lifetime of an execution environment for a test. Until leave
// is called, shutdown functions are registered with it, invocations begin in it,
// and the process does not listen for SIGTERM on behalf of them. shutDown calls
// the functions that were registered since.
//
// began is called with the context of each wrapped handler that is called.
// observer is a *postinvoke.Observer, which this package cannot name. It is
// called in addition to that of the handler's options.
//
// Package postinvoke sets Enter.
var Enter func(began func(ctx context.Context), observer any) (shutDown, leave func())

// Output returns where the records of the function's own log go that belong to
// ctx. Package postinvoketest sets Output; without it that is nil.
var Output func(ctx context.Context) io.Writer
