package hooklint

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// startedOnce reports whether it is in the argument of Once.Do or OnceFunc:
// such a goroutine belongs to the environment, and not to an invocation.
func (g *goroutine) startedOnce() bool {
	for outer := range functionsAround(g.at) {
		if call, ok := outer.Parent().Node().(*ast.CallExpr); ok {
			if f := g.callee(call); packageOf(f) == "sync" && f.Name() != "Go" {
				return true
			}
		}
	}
	return false
}

// unawaited reports whether nothing can wait for it: it shares nothing with
// others by which it could signal that it is done.
func (g *goroutine) unawaited() bool {
	call := g.stmt.Call
	if g.callOf(call, library) != "" {
		return true
	}
	if slices.ContainsFunc(call.Args, func(arg ast.Expr) bool { return g.canSignal(g.info.TypeOf(arg), true) }) {
		return false
	}
	fn := g.functionOf(call.Fun)
	_, ours := g.bodies[fn]
	method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	switch {
	case fn == function{}: // a function value decides
		return false
	case ok && g.canSignal(g.info.TypeOf(method.X), !ours):
		return false
	case ours:
		return !g.signalsIn(fn, map[function]bool{})
	}
	// The body is in another package. Work for the invocation has its context;
	// anything else may be a server, or copy a stream.
	return g.takesContext(call)
}

// signalsIn reports whether a function, or one that it calls, uses a channel, a
// WaitGroup, a function value and so on from outside of it, ends with a
// context, or may never end.
func (g *goroutine) signalsIn(fn function, seen map[function]bool) bool {
	body, ok := g.bodies[fn]
	if !ok || seen[fn] {
		return false
	}
	seen[fn] = true
	for at := range body.Preorder((*ast.Ident)(nil), (*ast.CallExpr)(nil), (*ast.ForStmt)(nil)) {
		signals := false
		switch e := at.Node().(type) {
		case *ast.Ident:
			v, ok := g.info.Uses[e].(*types.Var)
			switch {
			case ok && v.IsField(): // of a receiver, say, and not of a timer
				signals = g.canSignal(v.Type(), false) && v.Pkg().Path() != "time"
			case ok && isShared(v, body.Node()):
				signals = g.signalsThrough(v)
			}
		case *ast.ForStmt:
			signals = e.Cond == nil
		case *ast.CallExpr:
			signals = g.usesEnd(e, "Done") || g.completes(e, body.Node()) || g.signalsIn(g.functionOf(e.Fun), seen)
		}
		if signals {
			return true
		}
	}
	return false
}

// isShared reports whether v is from outside of a function.
func isShared(v *types.Var, function ast.Node) bool {
	return !declaredIn(function, v) || isParameter(v)
}

// usesEnd reports whether a call uses the end of a context.
func (c *checker) usesEnd(call *ast.CallExpr, methods ...string) bool {
	method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && slices.Contains(methods, method.Sel.Name) && isContext(c.info.TypeOf(method.X))
}

// completes reports whether a call signals something from outside of the function
// that it is done, by the name of the method: a latch, a future, a pipe.
func (g *goroutine) completes(call *ast.CallExpr, function ast.Node) bool {
	method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch strings.ToLower(method.Sel.Name) {
	case "done", "countdown", "signal", "broadcast", "release", "finish", "complete", "resolve", "reject",
		"close", "closewitherror", "cancel":
		v := g.varOf(root(method.X))
		return v != nil && isShared(v, function) && !g.takesContext(call) && !declaredIn(g.stmt.Call.Fun, v)
	}
	return false
}

func (g *goroutine) signalsThrough(v *types.Var) bool {
	if _, ok := v.Type().Underlying().(*types.Signature); !ok {
		return g.canSignal(v.Type(), false)
	}
	if isNamed(v.Type(), "context", "CancelFunc", "CancelCauseFunc") {
		return g.handlerAwaitsContext()
	}
	// What a known function does is looked at where it is called.
	value := g.valueOfVar(v)
	return value == nil || g.functionOf(value) == function{}
}

// handlerAwaitsContext reports whether the function with the go statement uses
// the end of a context, which the goroutine may bring about.
func (g *goroutine) handlerAwaitsContext() bool {
	for outer := range functionsAround(g.at) {
		for _, call := range calls(outer) {
			if g.usesEnd(call, "Done", "Err") {
				return true
			}
		}
	}
	return false
}

// canSignal reports whether a value of type t can signal others: a channel,
// a WaitGroup, a function, a stream. Fields of a struct are looked at if deep.
func (c *checker) canSignal(t types.Type, deep bool) bool {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() != nil {
		switch named.Obj().Pkg().Path() {
		case "golang.org/x/sync/errgroup", "golang.org/x/sync/semaphore",
			"io", "bufio", "net", "os/exec": // streams and processes end when their other side does
			return true
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Chan:
		return true
	case *types.Signature:
		return deep
	case *types.Struct:
		for f := range u.Fields() {
			if deep && c.canSignal(f.Type(), false) {
				return true
			}
		}
	}
	return isNamed(t, "sync", "WaitGroup", "Cond") || isNamed(t, "net/http", "Server")
}
