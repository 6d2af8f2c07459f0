package postinvoke

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"runtime/debug"

	"example.com/postinvoke/record"
)

// A hook is a registered function, in one of its two forms.
type hook struct {
	plain       func()
	withContext func(context.Context) error
}

func (h *hook) isNil() bool { return h.plain == nil && h.withContext == nil }

// String names the hook's function and the place where it is defined.
func (h *hook) String() string {
	v := reflect.ValueOf(h.withContext)
	if h.plain != nil {
		v = reflect.ValueOf(h.plain)
	}
	fn := runtime.FuncForPC(v.Pointer())
	file, line := fn.FileLine(fn.Entry())
	return fmt.Sprintf("%s (%s:%d)", fn.Name(), file, line)
}

// call calls the hook, and then over: with nil if all was well. A hook that
// ends its goroutine with runtime.Goexit takes the caller of call with it, but
// not before over was called.
func (h *hook) call(ctx context.Context, over func(*failure)) {
	var failed *failure
	returned := false
	defer func() {
		if !returned {
			failed = &failure{stack: debug.Stack(), panicked: recover()}
		}
		over(failed)
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
}

func (f *failure) goexit() bool { return f != nil && f.err == nil && f.panicked == nil }

// attrs are the fields of record.HookFailed.
func (f *failure) attrs(h *hook) []slog.Attr {
	name := slog.String(record.Hook, h.String())
	if f.err != nil {
		return []slog.Attr{name, slog.String(record.Error, f.err.Error())}
	}
	value := "runtime.Goexit was called"
	if !f.goexit() {
		value = fmt.Sprint(f.panicked)
	}
	return []slog.Attr{name, slog.String(record.Panic, value), slog.String(record.Stack, string(f.stack))}
}
