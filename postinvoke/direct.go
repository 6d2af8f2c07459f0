package postinvoke

import (
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
)

// calledDirectly reports whether the wrapped handler was called by aws-lambda-go,
// and not by a handler around it. Only then is its context known to be Lambda's
// own: a middleware may have made another one, with a timeout or without an end.
func calledDirectly() bool {
	const skip = 3 // runtime.Callers, calledDirectly, begin
	var stack callers
	n := runtime.Callers(skip, stack[:])
	if last := lastCallers.Load(); last != nil && last.stack == stack {
		return last.direct
	}
	return lookAt(stack, n)
}

// lookAt has a copy of the stack, because the original would be allocated if it
// were passed on.
func lookAt(stack callers, n int) (direct bool) {
	seen := &seenCallers{stack, fromLambda(stack[:n])}
	lastCallers.Store(seen)
	return seen.direct
}

// callers are return addresses: of this package, of package reflect, through which
// aws-lambda-go calls handlers, and of whatever is before that.
type callers [12]uintptr

type seenCallers struct {
	stack  callers
	direct bool
}

// lastCallers saves looking at the same stack for each invocation.
var lastCallers atomic.Pointer[seenCallers]

// thisPackage begins the names of functions in this package.
var thisPackage = reflect.TypeFor[wrapper]().PkgPath() + "."

// fromLambda reports whether the first function that is neither of this package
// nor of package reflect is one of aws-lambda-go.
func fromLambda(stack []uintptr) bool {
	frames := runtime.CallersFrames(stack)
	for {
		frame, more := frames.Next()
		switch {
		case strings.HasPrefix(frame.Function, "reflect."), strings.HasPrefix(frame.Function, thisPackage):
		default:
			return strings.HasPrefix(frame.Function, "github.com/aws/aws-lambda-go/lambda")
		}
		if !more {
			return false
		}
	}
}
