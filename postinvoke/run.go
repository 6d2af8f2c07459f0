package postinvoke

import "context"

// Run registers fn to be called when Lambda has accepted the response, or the
// error, of the invocation that ctx belongs to. Hooks run one at a time, the
// last registered first, also when the handler returned an error. If it
// panicked they run before the error is reported, because aws-lambda-go ends
// the process right after.
//
// Run does not block. It may be called from any goroutine, and from a hook:
// then fn is next. Once the hooks of the invocation are over it is too late:
// fn is not called, and an error is logged. Run panics if ctx is not, and is
// not derived from, the context that a wrapped handler was called with, and if
// fn is nil.
//
// The time hooks take is billed, and counts towards the function's timeout.
// Options.Margin before it, hooks that have not started are abandoned. A hook
// that panics is logged with its stack; the others still run.
func Run(ctx context.Context, fn func()) {
	invocationOf(ctx, "Run").push(&hook{plain: fn, stacked: true})
}

// RunContext is [Run] for a function that takes a context and may fail. The
// context carries the values of ctx, such as the request id and the trace. It
// does not end with ctx, but Options.Margin before the function's deadline, or
// when the environment shuts down. A hook that has not returned soon after (see
// Options.Margin) is abandoned. Errors, and what was abandoned, are logged.
func RunContext(ctx context.Context, fn func(context.Context) error) {
	invocationOf(ctx, "RunContext").push(&hook{withContext: fn, ctx: ctx, stacked: true})
}

// Go calls fn now, in a goroutine of its own, beside the handler. The response
// does not wait for it, but the environment stays awake until it has returned.
// The context, deadlines, errors and panics of fn are as for [RunContext]; it
// waits for no other hook, and no other hook waits for it.
//
// fn can wait for ctx to end, which is when the response was sent, but should
// wait for its own context as well: if the handler panics, ctx ends only after
// fn has returned.
func Go(ctx context.Context, fn func(context.Context) error) {
	invocationOf(ctx, "Go").start(&hook{withContext: fn, ctx: ctx})
}

// invocationOf returns the invocation that ctx belongs to, for the function
// called caller.
func invocationOf(ctx context.Context, caller string) *invocation {
	inv, ok := ctx.Value(invocationKey{}).(*invocation)
	if !ok {
		panic("postinvoke: " + caller + " was called outside a wrapped handler: " +
			"wrap the handler with postinvoke.Wrap or postinvoke.WrapHandler, " +
			"and pass on the context it is called with")
	}
	return inv
}
