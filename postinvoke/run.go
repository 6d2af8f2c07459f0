package postinvoke

import (
	"context"
	"time"
)

// Run registers fn to be called after Lambda has accepted the response, or the
// error, of the invocation that ctx belongs to; it does not call fn now. Hooks
// run one at a time, the last registered first, also when the handler returned
// an error. If it panicked they run before the error is reported, because
// aws-lambda-go ends the process right after.
//
// Run does not block. It may be called from any goroutine, and from a hook:
// then fn is next. After the hooks of the invocation are done it is too late:
// fn is not called, and an error is logged. Run panics if fn is nil, or if ctx is
// neither the context that a wrapped handler was called with nor derived from it.
//
// The time that hooks take is billed, and counts towards the function's timeout.
// Hooks that have not started [Options].Margin before the timeout are abandoned.
// A hook that panics is logged with its stack; the others still run.
func Run(ctx context.Context, fn func(), options ...HookOption) {
	invocationOf(ctx, "Run").push(newHook(hook{plain: fn, ctx: ctx, stacked: true}, options))
}

// RunContext registers fn as [Run] does; fn takes a context and may fail. The
// context carries the values of ctx, such as the request id and the trace. It
// does not end with ctx, but Options.Margin before the function's timeout, after
// the hook's own [Timeout], or when the environment shuts down; context.Cause
// returns which. A hook that does not return soon after that is abandoned. Errors
// are logged, and so are hooks that were abandoned.
func RunContext(ctx context.Context, fn func(context.Context) error, options ...HookOption) {
	invocationOf(ctx, "RunContext").push(newHook(hook{withContext: fn, ctx: ctx, stacked: true}, options))
}

// Go calls fn now, in a goroutine of its own, beside the handler. The response
// does not wait for it, but the environment stays awake until it has returned.
// The context, deadlines, errors and panics of fn are as for [RunContext]. It
// waits for no other hook, and no other hook waits for it. When no time is left
// before the function's timeout, or the hooks of the invocation are done, fn is not
// called, and an error is logged.
//
// fn can wait for ctx to end, which happens when the response was sent, but should
// wait for its own context as well: if the handler panics, ctx ends only after
// fn has returned.
func Go(ctx context.Context, fn func(context.Context) error, options ...HookOption) {
	invocationOf(ctx, "Go").start(newHook(hook{withContext: fn, ctx: ctx}, options))
}

// Enabled reports whether [Run], [RunContext] and [Go] can be called with ctx:
// whether it is the context of a wrapped handler, or derived from it. It is for
// code that also runs elsewhere. It does not report whether it is too late.
func Enabled(ctx context.Context) bool {
	_, ok := ctx.Value(invocationKey{}).(*invocation)
	return ok
}

func newHook(h hook, options []HookOption) *hook {
	h.queued = time.Now()
	for _, change := range options {
		change(&h)
	}
	return &h
}

// invocationOf returns the invocation that ctx belongs to, or panics in the name
// of the function that was called with it.
func invocationOf(ctx context.Context, function string) *invocation {
	inv, ok := ctx.Value(invocationKey{}).(*invocation)
	if !ok {
		panic("postinvoke: " + function + " was called outside a wrapped handler: " +
			"start the handler with postinvoke.Start, or wrap it with postinvoke.Wrap, " +
			"and pass on the context it is called with")
	}
	return inv
}
