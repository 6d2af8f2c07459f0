package postinvoketest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
)

// An Invocation is one whose handler has returned. Its response counts as sent
// when RunHooks is called.
type Invocation[Out any] struct {
	Response Out

	// Err is what the handler returned. If the handler panicked it is a
	// *[postinvoke.PanicError].
	Err error

	invocation *invocation
}

// Invoke calls a wrapped handler with an event, and returns when the handler
// has. Of its hooks, only those of postinvoke.Go have started by then. If the
// handler panicked all have finished, because on Lambda the process would end.
// Invoke fails the test if the handler is not wrapped.
func Invoke[In, Out any](e *Environment, handler func(context.Context, In) (Out, error), event In) *Invocation[Out] {
	e.t.Helper()
	ctx, inv := e.begin()
	result := &Invocation[Out]{invocation: inv}
	result.Response, result.Err = call(ctx, handler, event)
	panicked, _ := errors.AsType[*postinvoke.PanicError](result.Err)
	if !inv.wrapped.Load() {
		message := "postinvoketest: the handler is not wrapped: " +
			"give Invoke the result of postinvoke.Wrap, or the method Invoke of that of postinvoke.WrapHandler"
		if panicked != nil {
			message += fmt.Sprintf("; it panicked: %v", panicked.Value)
		}
		e.t.Fatal(message)
	}
	if panicked != nil {
		e.t.Logf("postinvoketest: the handler panicked, which Err of the invocation has: %v", panicked)
	}
	return result
}

// call calls a handler, and returns a panic as an error.
func call[In, Out any](ctx context.Context, handler func(context.Context, In) (Out, error), event In) (
	response Out, err error,
) {
	defer func() {
		if value := recover(); value != nil {
			err = &postinvoke.PanicError{Value: value, Stack: debug.Stack()}
		}
	}()
	return handler(ctx, event)
}

// RunHooks marks the response as sent, so that the hooks of the invocation run,
// the last registered first. It returns when they and those of postinvoke.Go
// have returned or been abandoned, with the errors of those that failed, were
// abandoned or were refused, each a *[HookError]. When called again it returns the
// same errors, and those of hooks that have failed since.
func (inv *Invocation[Out]) RunHooks() error {
	inv.invocation.runHooks()
	return inv.invocation.results.errors()
}

// Hooks returns the results of the hooks that have finished, in the order in
// which they did. A hook that has returned after it was abandoned has two.
func (inv *Invocation[Out]) Hooks() []postinvoke.HookResult {
	return inv.invocation.results.hooks()
}

// An invocation is the part of [Invocation] without the type of the response.
type invocation struct {
	environment *Environment
	respond     context.CancelFunc // aws-lambda-go ends the context when the response was sent
	wrapped     atomic.Bool
	unfinished  sync.WaitGroup // wrapped handlers with unfinished hooks: several, if one that is not wrapped calls them
	results     results
}

type invocationKey struct{}

func invocationOf(ctx context.Context) *invocation {
	inv, _ := ctx.Value(invocationKey{}).(*invocation)
	return inv
}

// begin returns the context of the next invocation.
func (e *Environment) begin() (context.Context, *invocation) {
	e.t.Helper()
	e.checkClock()
	base := e.Context
	if base == nil {
		base = e.t.Context()
	}
	timeout := e.Timeout
	if timeout == 0 {
		timeout = 15 * time.Minute
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := lambdacontext.FromContext(base); !ok {
		base = lambdacontext.NewContext(base, &lambdacontext.LambdaContext{
			AwsRequestID: fmt.Sprintf("00000000-0000-4000-8000-%012d", len(e.invocations)+1),
		})
	}
	inv := &invocation{environment: e}
	ctx, cancel := context.WithTimeout(context.WithValue(base, invocationKey{}, inv), timeout)
	inv.respond = cancel
	e.invocations = append(e.invocations, inv)
	return ctx, inv
}

func (inv *invocation) runHooks() {
	inv.respond()
	inv.unfinished.Wait()
}

// called notes that a wrapped handler is called.
func called(ctx context.Context) {
	if inv := invocationOf(ctx); inv != nil {
		inv.wrapped.Store(true)
		inv.unfinished.Add(1)
	}
}

func invocationFinished(ctx context.Context, _ postinvoke.InvocationResult) {
	if inv := invocationOf(ctx); inv != nil {
		inv.unfinished.Done()
	}
}
