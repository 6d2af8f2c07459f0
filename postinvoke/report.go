package postinvoke

import (
	"context"
	"fmt"
)

// A reporter passes results to three observers: those of one handler's invocations
// and their hooks, or those of the shutdown. No observer is nil. The calls are
// deferred, the last one first, because a logger or an observer may call
// runtime.Goexit, as FailNow of a test does.
type reporter struct {
	log     logger
	records *Observer // called first: writes the records to log
	user    *Observer // of the options
	test    *Observer // of package postinvoketest
}

// noObserver takes the place of an observer that is not there.
var noObserver = &Observer{}

func newReporter(opts *Options) reporter {
	r := reporter{log: newLogger(nil), user: noObserver, test: noObserver}
	if opts != nil {
		r.log = newLogger(opts.Logger)
		if opts.Observer != nil {
			r.user = opts.Observer
		}
	}
	r.records = newRecorder(r.log)
	return r
}

// hook reports how h ended. If it succeeded and nothing depends on that, the call
// returns at once: it takes a moment to find the name of a hook.
func (r *reporter) hook(h *hook, result HookResult) {
	observed := r.user.Hook != nil || r.test.Hook != nil
	if result.Err == nil && !observed && (h.ctx == nil || !r.log.debug(h.ctx)) {
		return
	}
	ctx, result := h.describe(result)
	if f := r.test.Hook; f != nil {
		defer f(ctx, result)
	}
	if f := r.user.Hook; f != nil {
		defer r.contain(ctx, "Hook", func() { f(ctx, result) })
	}
	r.records.Hook(ctx, result)
}

// lateHook reports how h ended, which was abandoned before.
func (r *reporter) lateHook(h *hook, result HookResult) {
	ctx, result := h.describe(result)
	if f := r.test.LateHook; f != nil {
		defer f(ctx, result)
	}
	if f := r.user.LateHook; f != nil {
		defer r.contain(ctx, "LateHook", func() { f(ctx, result) })
	}
	r.records.LateHook(ctx, result)
}

// invocation reports how an invocation ended. Without hooks it has no record, and
// there may be nothing to do.
func (r *reporter) invocation(invocation context.Context, result InvocationResult) {
	if result.Hooks == 0 && !r.observesInvocations() {
		return
	}
	ctx := withoutEnd(invocation)
	if f := r.test.Invocation; f != nil {
		defer f(ctx, result)
	}
	if f := r.user.Invocation; f != nil {
		defer r.contain(ctx, "Invocation", func() { f(ctx, result) })
	}
	r.records.Invocation(ctx, result)
}

// observesInvocations reports whether invocations without hooks are observed.
func (r *reporter) observesInvocations() bool {
	return r.user.Invocation != nil || r.test.Invocation != nil
}

// shutdown reports how the environment was shut down.
func (r *reporter) shutdown(result ShutdownResult) {
	if f := r.user.Shutdown; f != nil {
		defer r.contain(background, "Shutdown", func() { f(background, result) })
	}
	r.records.Shutdown(background, result)
}

// observing counts the calls of users' observers that have not returned.
var observing nesting

// contain calls a function of a user's observer, and logs it if that panics. One
// that causes calls of itself without end, by registering hooks that are refused,
// is not called any more.
func (r *reporter) contain(ctx context.Context, function string, call func()) {
	defer func() {
		observing.leave()
		if panicked := recover(); panicked != nil {
			r.log.warn(ctx, fmt.Sprintf("the function %s of Options.Observer panicked: %v", function, panicked))
		}
	}()
	if observing.enter() {
		call()
	}
}
