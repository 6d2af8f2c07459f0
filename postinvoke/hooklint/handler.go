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
	lit       *ast.FuncLit  // what a plain handler is
	function  *types.Func   // what a plain handler is
	node      ast.Node      // of a plain handler, if this package declares it
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
	if lit, f := c.functionOf(e); lit != nil || f != nil {
		return c.plain(lit, f)
	}
	if f := c.invokeOf(c.info.TypeOf(e)); f != nil {
		return c.plain(nil, f)
	}
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return handler{}
	}
	switch c.libraryCall(call) {
	case "Wrap", "WrapHandler":
		return handler{kind: wrappedHandler, wrap: call}
	}
	if c.keepsHandler(call) {
		return c.handlerOf(call.Args[0])
	}
	return c.handlerInMiddleware(call)
}

func (c *checker) handlerOfVar(v *types.Var) handler {
	known := c.vars[v]
	if known == nil || known.param || v.IsField() {
		return handler{}
	}
	if value := c.valueOfVar(v); value != nil {
		h := c.handlerOf(value)
		if h.kind == unknownHandler {
			if f := c.invokeOf(v.Type()); f != nil {
				return c.plain(nil, f)
			}
		}
		return h
	}
	if len(known.values) == 0 {
		if f := c.invokeOf(v.Type()); f != nil {
			return c.plain(nil, f)
		}
		return handler{}
	}
	return handler{}
}

// invokeOf returns the Invoke method of a lambda.Handler that this package
// implements.
func (c *checker) invokeOf(t types.Type) *types.Func {
	if t == nil || types.IsInterface(t) {
		return nil
	}
	obj, _, _ := types.LookupFieldOrMethod(t, true, c.pass.Pkg, "Invoke")
	f, ok := obj.(*types.Func)
	if !ok || c.decls[f.Origin()] == nil {
		return nil
	}
	return f.Origin()
}

func (c *checker) plain(lit *ast.FuncLit, f *types.Func) handler {
	h := handler{kind: plainHandler, lit: lit, function: f}
	h.node, _, _ = c.bodyOf(lit, f)
	if lit != nil {
		s := &summary{}
		index := map[*types.Var]int{}
		for i, p := range c.params(lit.Type) {
			if p != nil {
				index[p] = i
			}
		}
		c.updateCalls(s, c.cursors[lit], index)
		h.registers = s.Registers != 0
	} else if s := c.summaryOf(f); s != nil {
		h.registers = s.Registers != 0
	}
	return h
}

// keepsHandler reports whether a call returns the handler it is given, in
// another form.
func (c *checker) keepsHandler(call *ast.CallExpr) bool {
	if c.info.Types[call.Fun].IsType() {
		return true
	}
	switch c.callOf(call, lambdaPath) {
	case "NewHandler", "NewHandlerWithOptions":
		return true
	}
	return c.callOf(call, lambdaurlPath) == "Wrap"
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
func (c *checker) isKnownNotToWrap(fn ast.Expr) bool {
	if t := c.info.TypeOf(fn); t != nil {
		if _, ok := t.Underlying().(*types.Signature); !ok {
			return true
		}
	}
	lit, f := c.functionOf(fn)
	if lit != nil {
		s := &summary{}
		c.updateCalls(s, c.cursors[lit], nil)
		return !s.Wraps
	}
	if f == nil || isInterface(f) {
		return false
	}
	s := c.summaryOf(f)
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
	return c.invokeOf(t) != nil
}
