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

// lambdaPackage begins the names of functions in aws-lambda-go's package lambda.
const lambdaPackage = "github.com/aws/aws-lambda-go/lambda."

// fromLambda reports whether the first functions that are neither of this package
// nor of package reflect are of aws-lambda-go, and were not entered through the
// method Invoke of a lambda.Handler: a handler around the wrapped one calls that.
func fromLambda(stack []uintptr) bool {
	frames := runtime.CallersFrames(stack)
	entered := "" // the function through which aws-lambda-go was entered, as far as is known
	for {
		frame, more := frames.Next()
		switch {
		case strings.HasPrefix(frame.Function, lambdaPackage):
			entered = frame.Function
		case entered == "" && strings.HasPrefix(frame.Function, "reflect."),
			entered == "" && strings.HasPrefix(frame.Function, thisPackage):
		default:
			more = false
		}
		if !more {
			return entered != "" && !strings.HasSuffix(entered, ".Invoke")
		}
	}
}

// belowLambda reports whether a function of aws-lambda-go is among the callers.
func belowLambda() bool {
	var stack [256]uintptr
	frames := runtime.CallersFrames(stack[:runtime.Callers(0, stack[:])])
	for {
		frame, more := frames.Next()
		if strings.HasPrefix(frame.Function, lambdaPackage) {
			return true
		}
		if !more {
			return false
		}
	}
}
