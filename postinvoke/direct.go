package postinvoke

import (
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
)

// A caller says by whom the wrapped handler was called.
type caller int

const (
	// byOthers is what cannot be told: not by aws-lambda-go in this goroutine.
	byOthers caller = iota

	// byHandler is a handler around the wrapped one, which aws-lambda-go called.
	byHandler

	// byLambda is aws-lambda-go itself. Only then is the context known to be
	// Lambda's own: a middleware may have made another one, with a timeout or
	// without an end.
	byLambda
)

// calledBy returns by whom the wrapped handler was called.
func calledBy() caller {
	const skip = 3 // runtime.Callers, calledBy, begin
	var stack callers
	n := runtime.Callers(skip, stack[:])
	if last := lastCallers.Load(); last != nil && last.stack == stack {
		return last.by
	}
	return lookAt(stack, n)
}

// lookAt has a copy of the stack, because the original would be allocated if it
// were passed on.
func lookAt(stack callers, n int) caller {
	seen := &seenCallers{stack, byOthers}
	if fromLambda(stack[:n]) {
		seen.by = byLambda
	} else if belowLambda() {
		seen.by = byHandler
	}
	lastCallers.Store(seen)
	return seen.by
}

// callers are return addresses: of this package, of package reflect, through which
// aws-lambda-go calls handlers, and of whatever is before that.
type callers [12]uintptr

type seenCallers struct {
	stack callers
	by    caller
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

// belowLambda reports whether a function of aws-lambda-go is among the callers.
func belowLambda() bool {
	var stack [256]uintptr
	frames := runtime.CallersFrames(stack[:runtime.Callers(0, stack[:])])
	for {
		frame, more := frames.Next()
		if strings.HasPrefix(frame.Function, "github.com/aws/aws-lambda-go/lambda.") {
			return true
		}
		if !more {
			return false
		}
	}
}
