package postinvoke

import (
	"context"
	"reflect"
	"slices"

	"github.com/aws/aws-lambda-go/lambda"
)

// Start wraps handler and starts it, as lambda.StartWithOptions does. It takes every
// handler that lambda.Start takes, and options for it. Events, responses, streams
// and errors are the same. [Run], [RunContext] and [Go] can be called with the
// context that handler is called with. opts may be nil.
//
// Start does not return. Call it once, at the end of main. Like lambda.Start, Start
// accepts an invalid handler; each invocation then fails with aws-lambda-go's
// explanation.
//
// A lambda.Handler is wrapped as by [WrapHandler]. See [Wrap] for what happens
// during init.
func Start(handler any, opts *Options, options ...lambda.Option) {
	lambda.StartWithOptions(wrapAny(handler, opts), options...)
}

var contextType = reflect.TypeFor[context.Context]()

// wrapAny wraps a handler of any kind. A handler that aws-lambda-go refuses is
// returned as it is.
func wrapAny(handler any, opts *Options) any {
	if h, ok := handler.(lambda.Handler); ok {
		return WrapHandler(h, opts)
	}
	function := reflect.ValueOf(handler)
	if function.Kind() != reflect.Func || function.IsNil() || function.Type().NumIn() > 2 {
		return handler
	}
	signature := function.Type()
	takesContext := signature.NumIn() > 0 && isContext(signature.In(0))
	if !takesContext && (signature.NumIn() == 2 || signature.NumIn() == 1 && isOtherInterface(signature.In(0))) {
		return handler
	}
	in, out := slices.Collect(signature.Ins()), slices.Collect(signature.Outs())
	if !takesContext {
		in = slices.Insert(in, 0, contextType)
	}
	w := newWrapper(opts)
	wrapped := reflect.FuncOf(in, out, signature.IsVariadic())
	return reflect.MakeFunc(wrapped, func(args []reflect.Value) []reflect.Value {
		return w.callFunction(function, takesContext, args)
	}).Interface()
}

// isContext reports whether aws-lambda-go takes a parameter of type t for the
// context, and not for the event.
func isContext(t reflect.Type) bool {
	return t.Kind() == reflect.Interface && t.NumMethod() > 0 && t.Implements(contextType) && contextType.Implements(t)
}

// isOtherInterface reports whether aws-lambda-go refuses a parameter of type t.
func isOtherInterface(t reflect.Type) bool {
	return t.Kind() == reflect.Interface && t.NumMethod() > 0
}

// callFunction calls a handler of any signature. The first of args is the
// context.
func (w *wrapper) callFunction(function reflect.Value, takesContext bool, args []reflect.Value) []reflect.Value {
	ctx, _ := args[0].Interface().(context.Context)
	call := function.Call
	if function.Type().IsVariadic() {
		call = function.CallSlice
	}
	if isWrapped(ctx) {
		if !takesContext {
			args = args[1:]
		}
		return call(args)
	}
	inv := w.begin(ctx)
	defer inv.finishAfterPanic()
	if takesContext {
		args[0] = reflect.ValueOf(inv)
	} else {
		args = args[1:]
	}
	results := call(args)
	inv.returned(errorOf(results))
	return results
}

// errorOf returns the error among the results of a handler, as aws-lambda-go
// finds it.
func errorOf(results []reflect.Value) error {
	if len(results) == 0 {
		return nil
	}
	err, _ := results[len(results)-1].Interface().(error)
	return err
}
