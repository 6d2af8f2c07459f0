package postinvoke

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"example.com/postinvoke/internal/blackbox"
)

// A hook is a registered function, in one of its two forms.
type hook struct {
	plain       func()
	withContext func(context.Context) error

	// ctx is what the hook was registered with, and when it has started what
	// withContext is called with. It is nil for a shutdown function.
	ctx context.Context

	name    string        // given by Name; empty for that of the function
	timeout time.Duration // given by Timeout; zero for that of the options

	queued    time.Time // when it was registered
	started   time.Time // when it was called; zero until then
	abandoned time.Time // when it was abandoned; zero if it was not

	// Kept by the invocation.
	cancel       context.CancelCauseFunc // ends ctx; nil for plain, and until the hook has started
	stopTimer    context.CancelFunc      // stops the timer of ctx; nil without one
	stacked      bool                    // registered by Run or RunContext, not by Go
	running      bool                    // started, and neither finished nor abandoned
	runningIndex int                     // in invocation.running
	slotIndex    int                     // in the black box, of a hook of Go
}

func (h *hook) isNil() bool { return h.plain == nil && h.withContext == nil }

// function returns the hook's function.
func (h *hook) function() reflect.Value {
	if h.plain != nil {
		return reflect.ValueOf(h.plain)
	}
	return reflect.ValueOf(h.withContext)
}

// Key returns the key that all hooks with the same name share.
func (h *hook) Key() blackbox.Key { return blackbox.Key{Code: h.function().Pointer(), Name: h.name} }

// String returns the name that the hook was given, or that of its function and
// the place where it is defined.
func (h *hook) String() string {
	if h.name != "" {
		return h.name
	}
	fn := runtime.FuncForPC(h.function().Pointer())
	if name, ok := strings.CutSuffix(fn.Name(), "-fm"); ok {
		return name // a method value; its place is that of a generated function
	}
	file, line := fn.FileLine(fn.Entry())
	return fmt.Sprintf("%s (%s:%d)", fn.Name(), file, line)
}

// invoke calls the hook, and then done with the result. It must run in its own
// goroutine, because a hook may call runtime.Goexit, and then done is still
// called.
func (h *hook) invoke(ctx context.Context, done func(HookResult)) {
	result := HookResult{Outcome: OutcomeOK}
	returned := false
	defer func() {
		if !returned {
			result.Outcome, result.Err = OutcomePanic, &PanicError{Stack: debug.Stack(), Value: recover()}
		}
		result.Finished = time.Now()
		done(result)
	}()
	if h.plain != nil {
		h.plain()
	} else if err := h.withContext(ctx); err != nil {
		result.Outcome, result.Err = OutcomeError, err
		result.Reason = reasonOfEnd(ctx)
	}
	returned = true
}

// reasonOfEnd returns why the context of a hook has ended, or nothing if it has
// not.
func reasonOfEnd(ctx context.Context) string {
	if ctx.Err() == nil {
		return ""
	}
	for _, cause := range []error{ErrDeadline, ErrHookTimeout, ErrShutdown} {
		if context.Cause(ctx) == cause {
			return strings.TrimPrefix(cause.Error(), "postinvoke: ")
		}
	}
	return ""
}

// describe completes a result with what the hook itself has, and returns the
// context to report it with.
func (h *hook) describe(result HookResult) (context.Context, HookResult) {
	result.Name, result.Timeout = h.String(), h.timeout
	result.Queued, result.Started, result.Abandoned = h.queued, h.started, h.abandoned
	if h.ctx == nil {
		result.Shutdown = true
		return background, result
	}
	return withoutEnd(h.ctx), result
}

// abandonedResult returns the result of a hook that is abandoned now, or was just
// before.
func (h *hook) abandonedResult(reason string) HookResult {
	if h.abandoned.IsZero() {
		h.abandoned = time.Now()
	}
	err := fmt.Errorf("%w: %s", ErrAbandoned, reason)
	return HookResult{Finished: h.abandoned, Outcome: OutcomeAbandoned, Err: err, Reason: reason}
}

func refusedResult(reason string) HookResult {
	err := fmt.Errorf("%w: %s", ErrRefused, reason)
	return HookResult{Finished: time.Now(), Outcome: OutcomeRefused, Err: err, Reason: reason}
}
