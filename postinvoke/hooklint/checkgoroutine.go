package hooklint

import (
	"go/ast"

	"golang.org/x/tools/go/ast/inspector"
)

// checkGoroutines reports go statements whose work nothing waits for: those
// that register a hook, wherever they are, and those in handlers and hooks.
func (c *checker) checkGoroutines(hooks []*hook) {
	running := c.duringInvocations(hooks)
	c.checkOtherGoroutines(running)
	for at := range c.root.Preorder((*ast.GoStmt)(nil)) {
		g := &goroutine{c: c, at: at, stmt: at.Node().(*ast.GoStmt)}
		registers := g.registers()
		if !registers && !isRunning(running, at) || g.startedOnce() || !g.unawaited() {
			continue
		}
		if registers {
			c.report(g.stmt, lateCheck, g.fix(), tooLate)
		} else {
			c.report(g.stmt, goroutineCheck, g.fix(), "nothing waits for this goroutine: it is frozen with the "+
				"environment when the response is sent, so start it with Go")
		}
	}
}

const tooLate = "nothing waits for this goroutine, so it may register its hook too late: start it with Go, or " +
	"register the hook before"

// checkOtherGoroutines is checkGoroutines for those that others start: an
// errgroup or WaitGroup which nobody waits for, and time.AfterFunc.
func (c *checker) checkOtherGoroutines(running map[ast.Node]bool) {
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if !ok || len(call.Args) == 0 {
			continue
		}
		if c.callOf(call, "time") == "AfterFunc" {
			_, unused := at.Parent().Node().(*ast.ExprStmt) // nobody can stop the timer
			if lit, _ := c.functionOf(call.Args[1]); unused && lit != nil && c.registersIn(lit) {
				c.report(call, lateCheck, nil, tooLate)
			}
			continue
		}
		v := c.varOf(method.X)
		if v == nil || method.Sel.Name != "Go" || !c.canSignal(v.Type(), false) || !c.neverWaited(v) {
			continue
		}
		lit, _ := c.functionOf(call.Args[0])
		switch {
		case lit != nil && c.registersIn(lit):
			c.report(call, lateCheck, nil, "nothing waits for %s, so this goroutine may register its hook too late: "+
				"call %s.Wait, or start it with postinvoke.Go", v.Name(), v.Name())
		case isRunning(running, at):
			c.report(call, goroutineCheck, nil, "nothing waits for %s: this goroutine is frozen with the environment "+
				"when the response is sent, so call %s.Wait, or start it with postinvoke.Go", v.Name(), v.Name())
		}
	}
}

// duringInvocations returns the functions that run while an invocation lasts:
// those that are wrapped, those that register hooks with a context they were
// called with, hooks, and what all of these call with their contexts.
func (c *checker) duringInvocations(hooks []*hook) map[ast.Node]bool {
	running := map[ast.Node]bool{}
	var queue []ast.Node
	add := func(n ast.Node) {
		if n != nil && !running[n] {
			running[n] = true
			queue = append(queue, n)
		}
	}
	for _, h := range hooks {
		if h.atShutdown() {
			continue
		}
		node, _, _ := c.bodyOf(h.lit, h.function)
		add(node)
		if o := c.origin(h.ctx); o != nil && o != background && o != detached {
			for outer := range h.at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
				if declaredIn(functionType(outer.Node()), o) {
					add(outer.Node())
				}
			}
		}
	}
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		switch c.libraryCall(call) {
		case "Wrap", "WrapHandler", "Start":
			if h := c.handlerOf(call.Args[0]); h.kind == plainHandler {
				add(h.node)
			}
		}
	}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for at := range c.cursors[n].Preorder((*ast.CallExpr)(nil)) {
			call := at.Node().(*ast.CallExpr)
			for _, arg := range call.Args {
				o := c.origin(arg)
				if o == nil || !declaredIn(functionType(n), o) {
					continue
				}
				called, _, _ := c.calledBody(call)
				add(called)
				break
			}
		}
	}
	return running
}

func isRunning(running map[ast.Node]bool, at inspector.Cursor) bool {
	for outer := range at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if running[outer.Node()] {
			return true
		}
	}
	return false
}

// A goroutine is a go statement.
type goroutine struct {
	c    *checker
	at   inspector.Cursor
	stmt *ast.GoStmt
}

// body returns the cursor of the function that it runs, if that is known.
func (g *goroutine) body() (inspector.Cursor, bool) {
	node, _, _ := g.c.calledBody(g.stmt.Call)
	at, ok := g.c.cursors[node]
	return at, ok
}

// registers reports whether it registers a hook.
func (g *goroutine) registers() bool {
	if len(g.c.registersWith(g.stmt.Call)) > 0 {
		return true
	}
	lit, _ := g.c.functionOf(g.stmt.Call.Fun)
	return lit != nil && g.c.registersIn(lit)
}

func (c *checker) registersIn(lit *ast.FuncLit) bool {
	for at := range c.cursors[lit].Preorder((*ast.CallExpr)(nil)) {
		if len(c.registersWith(at.Node().(*ast.CallExpr))) > 0 {
			return true
		}
	}
	return false
}
