package postinvoketest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
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
	if !p.wrapped {
		e.t.Fatal("postinvoketest: the handler is not wrapped: give Invoke the result of postinvoke.Wrap, or the method Invoke of that of postinvoke.WrapHandler")
	}
	return &Invocation[Out]{response, err, p}
}

// RunHooks sends the response, as it were: the hooks of the invocation run, the
// last registered first. It returns when they and those of postinvoke.Go are
// over: with the errors of those that failed, were abandoned because of the
// timeout, or were registered too late, each a *[HookError]. When called again
// it returns the same.
func (inv *Invocation[Out]) RunHooks() error {
	inv.progress.seen = true
	return inv.progress.runHooks()
}

// begin returns the context of the next invocation.
func (e *Environment) begin() (context.Context, *progress) {
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
	p := &progress{over: make(chan struct{})}
	ctx, cancel := context.WithTimeout(context.WithValue(base, progressKey{}, p), timeout)
	p.respond = cancel
	e.begun = append(e.begun, p)
	return ctx, p
}

// progress is what the observer notes of an invocation.
type progress struct {
	respond context.CancelFunc // aws-lambda-go ends the context when the response was sent
	wrapped bool
	seen    bool // RunHooks was called
	over    chan struct{}

	mu       sync.Mutex
	failures []error
}

func (p *progress) runHooks() error {
	p.respond()
	if p.wrapped {
		<-p.over
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.failures...)
}

type progressKey struct{}

func progressOf(ctx context.Context) *progress {
	p, _ := ctx.Value(progressKey{}).(*progress)
	return p
}

func began(ctx context.Context) {
	if p := progressOf(ctx); p != nil {
		p.wrapped = true
	}
}

func over(ctx context.Context) {
	if p := progressOf(ctx); p != nil {
		close(p.over)
	}
}
