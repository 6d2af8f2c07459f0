package postinvoke

import (
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
)

// A caller is who called the wrapped handler.
type caller int

const (
	// byOthers is any other caller, and any caller in another goroutine.
	byOthers caller = iota

	// byHandler is a handler around the wrapped one, which aws-lambda-go called.
	byHandler

	// byLambda is aws-lambda-go itself. Only then is the context known to be
	// Lambda's own: a handler around the wrapped one may have replaced it by
	// one with a timeout, or without an end.
	byLambda
)

// calledBy returns who called the wrapped handler.
func calledBy() caller {
	const skip = 3 // runtime.Callers, calledBy, begin
	var stack callers
	n := runtime.Callers(skip, stack[:])
	if last := lastCallers.Load(); last != nil && last.stack == stack {
		return last.by
	}
	return inspect(stack, n)
}

// callers are return addresses in this package, in package reflect, through which
// aws-lambda-go calls handlers, and in what is before that.
type callers [12]uintptr

// lastCallers saves inspecting the same stack for each invocation.
var lastCallers atomic.Pointer[inspectedCallers]

type inspectedCallers struct {
	stack callers
	by    caller
}

// inspect takes a copy of the stack. A pointer would have it allocated for each
// invocation.
func inspect(stack callers, n int) caller {
	seen := &inspectedCallers{stack, byOthers}
	if fromLambda(stack[:n]) {
		seen.by = byLambda
	} else if belowLambda() {
		seen.by = byHandler
	}
	lastCallers.Store(seen)
	return seen.by
}

// thisPackage begins the names of functions in this package.
var thisPackage = reflect.TypeFor[wrapper]().PkgPath() + "."

// lambdaPackage begins the names of functions in aws-lambda-go's package lambda.
const lambdaPackage = "github.com/aws/aws-lambda-go/lambda."

// fromLambda reports whether the first functions that are neither in this package
// nor in package reflect are in aws-lambda-go, and were not entered through the
// method Invoke of a lambda.Handler: a handler around the wrapped one calls that.
func fromLambda(stack []uintptr) bool {
	frames := runtime.CallersFrames(stack)
	entered := "" // the outermost function of aws-lambda-go so far
	for {
		frame, more := frames.Next()
		ours := strings.HasPrefix(frame.Function, "reflect.") || strings.HasPrefix(frame.Function, thisPackage)
		switch {
		case strings.HasPrefix(frame.Function, lambdaPackage):
			entered = frame.Function
		case entered != "" || !ours:
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
