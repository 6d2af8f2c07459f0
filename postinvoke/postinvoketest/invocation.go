package postinvoketest

import (
	"context"
	"fmt"
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
	Err      error // what the handler returned

	progress *progress
}

// Invoke calls a wrapped handler with an event, and returns when the handler
// has. Of its hooks, only those of postinvoke.Go have started then. Invoke fails
// the test if the handler is not wrapped. If the handler panics, so does Invoke,
// when the hooks are over: that is their order on Lambda.
func Invoke[In, Out any](e *Environment, handler func(context.Context, In) (Out, error), event In) *Invocation[Out] {
	e.t.Helper()
	ctx, p := e.begin()
	response, err := handler(ctx, event)
	if !p.wrapped.Load() {
		e.t.Fatal("postinvoketest: the handler is not wrapped: give Invoke the result of postinvoke.Wrap, or the method Invoke of that of postinvoke.WrapHandler")
	}
	return &Invocation[Out]{response, err, p}
}

// RunHooks sends the response, as it were: the hooks of the invocation run, the
// last registered first. It returns when they and those of postinvoke.Go are
// over: with the errors of those that failed, were abandoned because of the
// timeout, or were registered too late, each a *[HookError]. When called again
// it returns the same, and what has failed since.
func (inv *Invocation[Out]) RunHooks() error {
	inv.progress.runHooks()
	return inv.progress.failures.tell()
}

// begin returns the context of the next invocation.
func (e *Environment) begin() (context.Context, *progress) {
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
	e.invoked++
	if _, ok := lambdacontext.FromContext(base); !ok {
		base = lambdacontext.NewContext(base, &lambdacontext.LambdaContext{
			AwsRequestID: fmt.Sprintf("00000000-0000-4000-8000-%012d", e.invoked),
		})
	}
	p := &progress{}
	ctx, cancel := context.WithTimeout(context.WithValue(base, progressKey{}, p), timeout)
	p.respond = cancel
	e.begun = append(e.begun, p)
	return ctx, p
}

// progress is what the observer notes of an invocation.
type progress struct {
	respond  context.CancelFunc // aws-lambda-go ends the context when the response was sent
	wrapped  atomic.Bool
	open     sync.WaitGroup // wrapped handlers whose hooks are not over: several, if one that is not wrapped calls them
	failures failures
}

func (p *progress) runHooks() {
	p.respond()
	p.open.Wait()
}

type progressKey struct{}

func progressOf(ctx context.Context) *progress {
	p, _ := ctx.Value(progressKey{}).(*progress)
	return p
}

func began(ctx context.Context) {
	if p := progressOf(ctx); p != nil {
		p.wrapped.Store(true)
		p.open.Add(1)
	}
}

func done(ctx context.Context, _ postinvoke.InvocationResult) {
	if p := progressOf(ctx); p != nil {
		p.open.Done()
	}
}
