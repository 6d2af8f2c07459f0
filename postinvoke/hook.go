package postinvoke

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"example.com/postinvoke/internal/blackbox"
	"example.com/postinvoke/record"
)

// A hook is a registered function, in one of its two forms.
type hook struct {
	plain       func()
	withContext func(context.Context) error
	ctx         context.Context // that withContext was registered with, and then is called with

	name    string        // given by Name; empty for that of the function
	timeout time.Duration // given by Timeout; zero for that of the options
	began   time.Time     // when it was called

	// Kept by the invocation.
	cancel    context.CancelCauseFunc // ends ctx when it is called; nil for plain
	stacked   bool                    // registered by Run or RunContext, not by Go
	stop      context.CancelFunc      // ends the timer of ctx; nil without one
	running   bool                    // started, and neither over nor abandoned
	place     int                     // in invocation.running
	boxPlace  int                     // in the black box, of a hook of Go
	abandoned time.Duration           // when it was given up, after the invocation began; zero if it was not
}

func (h *hook) isNil() bool { return h.plain == nil && h.withContext == nil }

// function returns the hook's function.
func (h *hook) function() reflect.Value {
	if h.plain != nil {
		return reflect.ValueOf(h.plain)
	}
	return reflect.ValueOf(h.withContext)
}

// Key returns what is the same for all hooks with the same name.
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

// call calls the hook, and then done: with nil if all was well. It must run in
// its own goroutine, because a hook may call runtime.Goexit, and then done is
// called all the same.
func (h *hook) call(ctx context.Context, done func(*failure)) {
	var failed *failure
	returned := false
	defer func() {
		if !returned {
			failed = &failure{stack: debug.Stack(), panicked: recover()}
		}
		done(failed)
	}()
	if h.plain != nil {
		h.plain()
	} else if err := h.withContext(ctx); err != nil {
		failed = &failure{err: err}
	}
	returned = true
}

// A failure is how a hook failed: with an error, with a panic, or, if neither
// is set, with runtime.Goexit.
type failure struct {
	err      error
	panicked any
	stack    []byte
	reason   string // why its context had ended; empty if it had not
}

// explain notes why the context of the hook had ended, if that is what failed.
func (f *failure) explain(ctx context.Context) {
	if f == nil || f.err == nil || ctx == nil || ctx.Err() == nil {
		return
	}
	for _, cause := range []error{ErrDeadline, ErrHookTimeout, ErrShutdown} {
		if context.Cause(ctx) == cause {
			f.reason = strings.TrimPrefix(cause.Error(), "postinvoke: ")
		}
	}
}

// attrs are the fields of record.HookFailed.
func (f *failure) attrs(h *hook, took time.Duration) []slog.Attr {
	attrs := []slog.Attr{slog.String(record.Hook, h.String()), ms(record.HookMs, took)}
	if f.err == nil {
		return append(attrs, slog.String(record.Panic, f.panic()), slog.String(record.Stack, string(f.stack)))
	}
	attrs = append(attrs, slog.String(record.Error, fmt.Sprint(f.err))) // Sprint survives a nil pointer
	if f.reason != "" {
		attrs = append(attrs, slog.String(record.Reason, f.reason))
	}
	return attrs
}

func (f *failure) panic() string {
	if f.panicked == nil {
		return "runtime.Goexit was called"
	}
	return fmt.Sprint(f.panicked)
}

func (f *failure) Error() string {
	if f.err != nil {
		return fmt.Sprint(f.err)
	}
	return "panic: " + f.panic() + "\n" + string(f.stack)
}

// Unwrap returns the error that the hook returned or panicked with, if any.
func (f *failure) Unwrap() error {
	if err, ok := f.panicked.(error); ok {
		return err
	}
	return f.err
}
