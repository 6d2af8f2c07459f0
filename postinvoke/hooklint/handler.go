package hooklint

import (
	"go/ast"
	"go/types"
	"slices"
)

// A handler is what is known of an expression that stands for one.
type handler struct {
	function function      // of this package or another, if it is not wrapped
	wrap     *ast.CallExpr // the call that wraps it, if it is
	around   ast.Expr      // the middleware around a wrapped one, if there is one
}

// handlerOf finds out what handler an expression is.
func (c *checker) handlerOf(e ast.Expr) handler {
	e = ast.Unparen(e)
	if v := c.varOf(e); v != nil {
		if value := c.valueOfVar(v); value != nil {
			return c.handlerOf(value)
		}
		return handler{}
	}
	if fn := c.functionOf(e); fn != (function{}) {
		return handler{function: fn}
	}
	if invoke := c.invokeOf(c.info.TypeOf(e)); invoke != (function{}) {
		return handler{function: invoke}
	}
	call, ok := e.(*ast.CallExpr)
	switch {
	case !ok || len(call.Args) == 0:
		return handler{}
	case c.wraps(call):
		return handler{wrap: call}
	case c.keepsHandler(call):
		return c.handlerOf(call.Args[0])
	}
	return c.handlerInMiddleware(call)
}

// invokeOf returns the Invoke method of a type that implements lambda.Handler.
func (c *checker) invokeOf(t types.Type) function {
	if t == nil || types.IsInterface(t) {
		return function{}
	}
	obj, _, _ := types.LookupFieldOrMethod(t, true, c.pass.Pkg, "Invoke")
	if f, ok := obj.(*types.Func); ok {
		return function{decl: f.Origin()}
	}
	return function{}
}

// keepsHandler reports whether a call returns the handler it is given, in
// another form.
func (c *checker) keepsHandler(call *ast.CallExpr) bool {
	switch c.callOf(call, lambdaPath) {
	case "NewHandler", "NewHandlerWithOptions":
		return true
	}
	return c.info.Types[call.Fun].IsType() || c.callOf(call, lambdaurlPath) == "Wrap"
}

// handlerInMiddleware finds out about a call that is given a handler, its first
// argument, and returns another.
func (c *checker) handlerInMiddleware(call *ast.CallExpr) handler {
	if !c.isKnownNotToWrap(call.Fun) || slices.ContainsFunc(call.Args[1:], c.mayWrap) {
		return handler{}
	}
	h := c.handlerOf(call.Args[0])
	if h.wrap != nil && h.around == nil {
		h.around = call.Fun
	}
	return h
}

// isKnownNotToWrap reports whether a function is known, and does not wrap what
// it is given.
func (c *checker) isKnownNotToWrap(e ast.Expr) bool {
	fn := c.functionOf(e)
	if fn == (function{}) || fn.decl != nil && isInterface(fn.decl) {
		return false
	}
	return !c.summaryOf(fn).Wraps
}

// mayWrap reports whether an argument may wrap a handler: a function, or
// something that may have one.
func (c *checker) mayWrap(arg ast.Expr) bool {
	switch c.info.TypeOf(arg).Underlying().(type) {
	case *types.Signature, *types.Interface, *types.Slice:
		return true
	}
	return false
}
