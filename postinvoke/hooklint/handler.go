package hooklint

import (
	"go/ast"
	"go/types"
)

type handlerKind int

const (
	unknownHandler handlerKind = iota
	plainHandler               // a function of this package, or of another
	wrappedHandler
	coveredHandler // a wrapped one inside a middleware
)

// A handler is what an expression that stands for one is known to be.
type handler struct {
	kind      handlerKind
	function  function      // of a plain handler
	registers bool          // whether a plain handler registers hooks
	wrap      *ast.CallExpr // the call of Wrap in the middle of a covered handler
	around    ast.Expr      // the middleware around it
}

// handlerOf finds out what handler an expression is.
func (c *checker) handlerOf(e ast.Expr) handler {
	e = ast.Unparen(e)
	if v := c.varOf(e); v != nil {
		return c.handlerOfVar(v)
	}
	if fn := c.functionOf(e); fn != (function{}) {
		return c.plain(fn)
	}
	if invoke := c.invokeOf(c.info.TypeOf(e)); invoke != (function{}) {
		return c.plain(invoke)
	}
	call, ok := e.(*ast.CallExpr)
	switch {
	case !ok || len(call.Args) == 0:
		return handler{}
	case c.wraps(call):
		return handler{kind: wrappedHandler, wrap: call}
	case c.keepsHandler(call):
		return c.handlerOf(call.Args[0])
	}
	return c.handlerInMiddleware(call)
}

func (c *checker) handlerOfVar(v *types.Var) handler {
	known := c.variable(v)
	if known.param || v.IsField() || len(known.values) > 1 {
		return handler{}
	}
	if value := c.valueOfVar(v); value != nil {
		if h := c.handlerOf(value); h.kind != unknownHandler {
			return h
		}
	}
	if invoke := c.invokeOf(v.Type()); invoke != (function{}) {
		return c.plain(invoke)
	}
	return handler{}
}

// invokeOf returns the Invoke method of a lambda.Handler that this package
// implements.
func (c *checker) invokeOf(t types.Type) function {
	if t == nil || types.IsInterface(t) {
		return function{}
	}
	obj, _, _ := types.LookupFieldOrMethod(t, true, c.pass.Pkg, "Invoke")
	if f, ok := obj.(*types.Func); ok {
		if _, ours := c.bodies[function{decl: f.Origin()}]; ours {
			return function{decl: f.Origin()}
		}
	}
	return function{}
}

func (c *checker) plain(fn function) handler {
	s := c.summaryOf(fn)
	return handler{kind: plainHandler, function: fn, registers: s != nil && s.Registers != 0}
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

// handlerInMiddleware finds out about a call that is given a handler, and
// returns another.
func (c *checker) handlerInMiddleware(call *ast.CallExpr) handler {
	if !c.isKnownNotToWrap(call.Fun) {
		return handler{}
	}
	var plain handler
	known := true
	for _, arg := range call.Args {
		if !c.mayBeHandler(arg) {
			continue
		}
		h := c.handlerOf(arg)
		switch h.kind {
		case wrappedHandler:
			return handler{kind: coveredHandler, wrap: h.wrap, around: call.Fun}
		case coveredHandler:
			return h
		case plainHandler:
			if h.registers {
				plain = h
			}
		default:
			known = false
		}
		if _, ok := ast.Unparen(arg).(*ast.CallExpr); !ok { // that has been looked into
			known = known && c.isKnownNotToWrap(arg)
		}
	}
	if !known {
		return handler{}
	}
	return plain
}

// isKnownNotToWrap reports whether a function is known, and does not wrap what
// it is given. What is no function wraps nothing.
func (c *checker) isKnownNotToWrap(e ast.Expr) bool {
	if t := c.info.TypeOf(e); t != nil {
		if _, ok := t.Underlying().(*types.Signature); !ok {
			return true
		}
	}
	fn := c.functionOf(e)
	if fn == (function{}) || fn.decl != nil && isInterface(fn.decl) {
		return false
	}
	s := c.summaryOf(fn)
	return s == nil || !s.Wraps
}

// mayBeHandler reports whether an argument may be a handler, or wrap one: a
// function, or something with methods.
func (c *checker) mayBeHandler(arg ast.Expr) bool {
	t := c.info.TypeOf(arg)
	if t == nil || isContext(t) || c.info.Types[arg].IsNil() {
		return false
	}
	switch t.Underlying().(type) {
	case *types.Signature, *types.Interface, *types.Slice:
		return true
	}
	return c.invokeOf(t) != function{}
}
