package postinvoke

import (
	"errors"
	"log/slog"
	"time"

	"example.com/postinvoke/internal/gate"
)

// Options change how a wrapped handler and its hooks are treated. The zero value
// works, and so does nil.
type Options struct {
	// Logger receives the records of this package. Nil means the function's
	// log, in its format and level: then each record is a separate line, even
	// after a line without an end that the function has printed. The logger of
	// the first wrapped handler also receives the records that belong to no
	// handler. If Logger panics, the record goes to the function's log.
	//
	// The dashboard reads JSON with the keys that lambdacontext.ReplaceAttr
	// makes, at the top level: give your own slog.Handler that function, and
	// no group. Records about an invocation carry its requestId. If your
	// slog.Handler adds one too, such as one around lambdacontext's, records
	// have it twice.
	Logger *slog.Logger

	// Observer receives the results of hooks and invocations. Nil means that
	// nothing does. The observer of the first wrapped handler also receives the
	// results of shutdown functions.
	Observer *Observer

	// Margin is kept free before the function's timeout: that long before it,
	// the contexts of hooks end and no more hooks start. Zero means 500 ms; less
	// than 200 ms means 200 ms. With the default, contexts end 500 ms before the
	// timeout, hooks that ignore that are abandoned 300 ms before it (halfway to
	// 100 ms with other margins), and the environment may freeze 100 ms before
	// it. A margin that leaves no time for hooks is logged at the first
	// invocation.
	//
	// Lambda's timeout covers the handler and its hooks together, and a
	// function that exceeds it loses its execution environment
	// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
	Margin time.Duration

	// HookTimeout limits each hook that has no Timeout of its own, but not the
	// functions of Shutdown. Zero means that the function's timeout is the only
	// limit.
	HookTimeout time.Duration
}

const (
	defaultMargin = 500 * time.Millisecond
	minMargin     = 2 * gate.Margin
)

func (o *Options) margin() time.Duration {
	if o == nil || o.Margin == 0 {
		return defaultMargin
	}
	return max(o.Margin, minMargin)
}

// A HookOption changes how one hook is named or limited.
type HookOption func(*hook)

// Name names a hook in log records and results. Without it, a hook has the name of
// its function and the place where that is defined, such as main.handle.func1
// (main.go:41).
func Name(name string) HookOption {
	return func(h *hook) { h.name = name }
}

// Timeout limits how long a hook may take: one that waits for a server that is down
// then neither delays the other hooks nor is billed until the function's timeout.
// The hook's context ends after d. If the hook has not returned 100 ms later it is
// abandoned: it still runs in its goroutine, but nothing waits for it, and the next
// hook is called. Zero or less means Options.HookTimeout.
func Timeout(d time.Duration) HookOption {
	return func(h *hook) { h.timeout = d }
}

// Causes for which the context of a hook ends, as context.Cause returns them.
var (
	ErrDeadline    = errors.New("postinvoke: the function's timeout is near")
	ErrHookTimeout = errors.New("postinvoke: the hook's own timeout has passed")
	ErrShutdown    = errors.New("postinvoke: the environment shuts down")
)
