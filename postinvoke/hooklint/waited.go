package hooklint

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
)

// startedOnce reports whether it is in the argument of Once.Do or OnceFunc:
// such a goroutine belongs to the environment, and not to an invocation.
func (g *goroutine) startedOnce() bool {
	for outer := range g.at.Enclosing((*ast.FuncLit)(nil)) {
		call, ok := outer.Parent().Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		if f := g.c.callee(call); f != nil && f.Pkg() != nil && f.Pkg().Path() == "sync" && f.Name() != "Go" {
			return true
		}
	}
	return false
}

// unawaited reports whether nobody can wait for it: it shares nothing with
// others by which it could signal that it is done.
func (g *goroutine) unawaited() bool {
	call := g.stmt.Call
	if g.c.libraryCall(call) != "" {
		return true
	}
	for _, arg := range call.Args {
		if lit, f := g.c.functionOf(arg); lit != nil || f != nil {
			if node, _, _ := g.c.bodyOf(lit, f); node != nil && g.signalsIn(g.c.cursors[node], map[ast.Node]bool{}) {
				return false
			}
		} else if g.c.canSignal(g.c.info.TypeOf(arg), true) {
			return false
		}
	}
	f := g.c.callee(call)
	lit, _ := g.c.functionOf(call.Fun)
	if f == nil && lit == nil {
		return false // a function value decides
	}
	if method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if g.c.canSignal(g.c.info.TypeOf(method.X), g.c.decls[f] == nil) {
			return false
		}
	}
	if body, ok := g.body(); ok {
		return !g.signalsIn(body, map[ast.Node]bool{})
	}
	// The body is in another package. Work for the invocation has its context;
	// anything else may be a server, or copy a stream.
	return g.c.takesContext(call)
}

// signalsIn reports whether a function, or one that it calls, uses a channel, a
// WaitGroup, a function value and so on from outside of it, ends with a
// context, or never ends.
func (g *goroutine) signalsIn(body inspector.Cursor, seen map[ast.Node]bool) bool {
	n := body.Node()
	if seen[n] {
		return false
	}
	seen[n] = true
	for at := range body.Preorder((*ast.Ident)(nil), (*ast.SelectorExpr)(nil), (*ast.CallExpr)(nil),
		(*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
		switch e := at.Node().(type) {
		case *ast.Ident:
			v, ok := g.c.info.Uses[e].(*types.Var)
			if ok && !v.IsField() && (!declaredIn(n, v) || g.c.isParam(v)) && g.signalsThrough(v) {
				return true
			}
		case *ast.SelectorExpr: // a field: of a receiver, say
			v, ok := g.c.info.Uses[e.Sel].(*types.Var)
			if ok && v.IsField() && !isTimer(g.c.info.TypeOf(e.X)) && g.c.canSignal(v.Type(), false) {
				return true
			}
		case *ast.ForStmt:
			if e.Cond == nil && !leaves(e.Body) {
				return true
			}
		case *ast.RangeStmt:
			if _, ok := types.Unalias(g.c.info.TypeOf(e.X)).Underlying().(*types.Chan); ok {
				return true
			}
		case *ast.CallExpr:
			if method, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && method.Sel.Name == "Done" &&
				isContext(g.c.info.TypeOf(method.X)) {
				return true
			}
			if g.completes(e, n) {
				return true
			}
			if called, _, _ := g.c.calledBody(e); called != nil && g.signalsIn(g.c.cursors[called], seen) {
				return true
			}
		}
	}
	return false
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
	default:
		return false
	}
	v := g.c.varOf(root(method.X))
	if v == nil || v.IsField() || g.c.takesContext(call) || g.c.canSignal(v.Type(), false) && g.c.neverWaited(v) {
		return false
	}
	return (!declaredIn(function, v) || g.c.isParam(v)) && !declaredIn(g.stmt.Call.Fun, v)
}

func (c *checker) isParam(v *types.Var) bool {
	known := c.vars[v]
	return known != nil && known.param
}

func (g *goroutine) signalsThrough(v *types.Var) bool {
	if _, ok := types.Unalias(v.Type()).Underlying().(*types.Signature); ok {
		if isNamed(v.Type(), "context", "CancelFunc") || isNamed(v.Type(), "context", "CancelCauseFunc") {
			return g.handlerAwaitsContext()
		}
		if value := g.c.valueOfVar(v); value != nil {
			if lit, f := g.c.functionOf(value); lit != nil || f != nil {
				return false // what it does is looked at where it is called
			}
		}
		return true
	}
	return g.c.canSignal(v.Type(), false) && !g.c.neverWaited(v)
}

// handlerAwaitsContext reports whether the function with the go statement asks
// for the end of a context, which the goroutine may bring about.
func (g *goroutine) handlerAwaitsContext() bool {
	for outer := range g.at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if outer.Node() == g.stmt.Call.Fun {
			continue
		}
		for at := range outer.Preorder((*ast.SelectorExpr)(nil)) {
			s := at.Node().(*ast.SelectorExpr)
			if (s.Sel.Name == "Done" || s.Sel.Name == "Err") && isContext(g.c.info.TypeOf(s.X)) {
				return true
			}
		}
	}
	return false
}

// canSignal reports whether a value of type t can signal others: a channel,
// a WaitGroup, a function, a stream. Fields of a struct are looked at if deep.
func (c *checker) canSignal(t types.Type, deep bool) bool {
	if t == nil {
		return false
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() != nil {
		switch path, name := named.Obj().Pkg().Path(), named.Obj().Name(); {
		case path == "sync" && (name == "WaitGroup" || name == "Cond"),
			path == "golang.org/x/sync/errgroup", path == "golang.org/x/sync/semaphore",
			// Streams and servers end when their other side does.
			path == "io", path == "bufio", path == "net", path == "os/exec", path == "net/http" && name == "Server":
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
	return false
}

func isTimer(t types.Type) bool { return isNamed(t, "time", "Timer") || isNamed(t, "time", "Ticker") }

// leaves reports whether something leaves a loop.
func leaves(body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt, *ast.BranchStmt:
			found = true
		}
		return !found
	})
	return found
}

// neverWaited reports whether a channel or a group belongs to a function, and
// is used by those alone that would be waited for.
func (c *checker) neverWaited(v *types.Var) bool {
	known := c.vars[v]
	if v.IsField() || v.Parent() == c.pass.Pkg.Scope() || known != nil && (known.param || len(known.values) > 1) {
		return false
	}
	if known != nil {
		for _, value := range known.values {
			if _, ok := value.(*ast.CallExpr); !ok { // make, WithContext; not another variable
				if _, ok := value.(*ast.CompositeLit); !ok {
					return false
				}
			}
		}
	}
	for id, obj := range c.info.Uses {
		if obj != v {
			continue
		}
		at, ok := c.root.FindNode(id)
		if !ok {
			return false
		}
		switch parent := at.Parent().Node().(type) {
		case *ast.SelectorExpr:
			switch parent.Sel.Name {
			case "Add", "Done", "Go", "TryGo", "SetLimit":
				continue
			}
		case *ast.SendStmt:
			if parent.Chan == id {
				continue
			}
		case *ast.CallExpr:
			if fun, ok := parent.Fun.(*ast.Ident); ok && fun.Name == "close" {
				continue
			}
		}
		return false
	}
	return true
}
