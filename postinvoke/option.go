package postinvoke

import (
	"errors"
	"time"
)

// A HookOption changes how one hook is called or named.
type HookOption func(*hook)

// Name names a hook in log records. Without it that is the name of its function
// and the place where it is defined, such as main.handle.func1 (main.go:41).
func Name(name string) HookOption {
	return func(h *hook) { h.name = name }
}

// Timeout limits how long a hook may take, so that one whose collector is down
// starves neither the other hooks nor the bill. The hook's context ends then. If
// the hook has not returned 100 ms later it is abandoned: it goes on in its
// goroutine, nothing waits for it, and the next hook is called. Zero or less means
// Options.HookTimeout.
func Timeout(d time.Duration) HookOption {
	return func(h *hook) { h.timeout = d }
}

// Causes for which the context of a hook ends, as context.Cause returns them.
var (
	ErrDeadline    = errors.New("postinvoke: the function's timeout is near")
	ErrHookTimeout = errors.New("postinvoke: the hook's own timeout is over")
	ErrShutdown    = errors.New("postinvoke: the environment shuts down")
)
