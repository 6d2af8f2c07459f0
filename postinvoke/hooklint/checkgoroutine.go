package hooklint

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"
)

// A goroutine is a go statement.
type goroutine struct {
	*checker
	at   inspector.Cursor
	stmt *ast.GoStmt
}

// checkGoroutines reports go statements whose work nothing waits for: those
// that register a hook, wherever they are, and those in handlers and hooks.
func (c *checker) checkGoroutines(hooks []*hook) {
	running := c.duringInvocations(hooks)
	c.checkOtherGoroutines(running)
	for at := range c.root.Preorder((*ast.GoStmt)(nil)) {
		g := &goroutine{c, at, at.Node().(*ast.GoStmt)}
		registers := len(c.registersWith(g.stmt.Call)) > 0 || c.registersIn(c.functionOf(g.stmt.Call.Fun).lit)
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
// errgroup or WaitGroup which nothing waits for, and time.AfterFunc.
func (c *checker) checkOtherGoroutines(running map[ast.Node]bool) {
	for at, call := range calls(c.root) {
		method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if !ok || len(call.Args) == 0 {
			continue
		}
		if c.callOf(call, "time") == "AfterFunc" {
			_, unused := at.Parent().Node().(*ast.ExprStmt) // nothing can stop the timer
			if unused && c.registersIn(c.functionOf(call.Args[1]).lit) {
				c.report(call, lateCheck, nil, tooLate)
			}
			continue
		}
		v := c.varOf(method.X)
		if v == nil || method.Sel.Name != "Go" || !c.canSignal(v.Type(), false) || !c.neverWaited(v) {
			continue
		}
		switch {
		case c.registersIn(c.functionOf(call.Args[0]).lit):
			c.report(call, lateCheck, nil, "nothing waits for %s, so this goroutine may register its hook too late: "+
				"call %[1]s.Wait, or start it with postinvoke.Go", v.Name())
		case isRunning(running, at):
			c.report(call, goroutineCheck, nil, "nothing waits for %s: this goroutine is frozen with the environment "+
				"when the response is sent, so call %[1]s.Wait, or start it with postinvoke.Go", v.Name())
		}
	}
}

// duringInvocations returns the functions that run while an invocation lasts:
// those that are wrapped, those that register hooks with a context they were
// called with, hooks, and what all of these call with their contexts.
func (c *checker) duringInvocations(hooks []*hook) map[ast.Node]bool {
	running := map[ast.Node]bool{}
	var queue []inspector.Cursor
	add := func(fn function) {
		if at, ok := c.bodies[fn]; ok && !running[at.Node()] {
			running[at.Node()] = true
			queue = append(queue, at)
		}
	}
	for fn := range c.wrappedHandlers() {
		add(fn)
	}
	for _, h := range hooks {
		if h.atShutdown() {
			continue
		}
		add(h.function)
		o := c.origin(h.ctx)
		for outer, t := range functionsAround(h.at) {
			if isParameter(o) && declaredIn(t, o) && !running[outer.Node()] {
				running[outer.Node()] = true
				queue = append(queue, outer)
			}
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, call := range calls(at) {
			for _, arg := range call.Args {
				if o := c.origin(arg); o != nil && declaredIn(functionType(at.Node()), o) {
					add(c.functionOf(call.Fun))
				}
			}
		}
	}
	return running
}

func isRunning(running map[ast.Node]bool, at inspector.Cursor) bool {
	for outer := range functionsAround(at) {
		if running[outer.Node()] {
			return true
		}
	}
	return false
}

// fix starts the goroutine with Go.
func (g *goroutine) fix() []analysis.TextEdit {
	call := g.stmt.Call
	if g.callOf(call, library) != "" {
		// It registers the hook before the handler continues.
		return []analysis.TextEdit{remove(g.stmt.Pos(), call.Pos())}
	}
	ctx := g.contextInScope(g.at)
	name, edits := g.use(g.stmt.Pos())
	if ctx == "" || name == "" || !g.importedAs(g.stmt.Pos(), "context", "context") {
		return nil
	}
	own := ctx                              // the name that the goroutine gives its context
	if g.lookup(ctx, g.stmt.Pos()) == nil { // r.Context(), say
		if own = "ctx"; mentions(call, own) {
			return nil
		}
	}
	begin := name + ".Go(" + ctx + ", "
	closure := begin + "func(" + own + " context.Context) error "
	lit, isLit := ast.Unparen(call.Fun).(*ast.FuncLit)
	switch result := g.info.TypeOf(call); {
	case isLit:
		if !g.passesOwnNames(lit, call) || lit.Type.Results != nil || redeclares(lit.Body, own) {
			return nil
		}
		edits = append(edits, replaceRange(g.stmt.Pos(), lit.Body.Lbrace, closure),
			replaceRange(lit.End(), call.End(), ")"))
		edits = append(edits, g.returnErrors(lit.Body)...)
	case len(call.Args) == 1 && g.isHookFunction(call.Fun) && g.source(call.Args[0]) == ctx:
		edits = append(edits, replace(g.stmt, begin+g.source(call.Fun)+")"))
	case !g.keptUntilLater(call):
		return nil
	case isError(result):
		edits = append(edits, replace(g.stmt, closure+"{\nreturn "+g.source(call)+"\n})"))
	default:
		if results, ok := result.(*types.Tuple); !ok || results.Len() > 0 {
			return nil
		}
		edits = append(edits, replace(g.stmt, closure+"{\n"+g.source(call)+"\nreturn nil\n})"))
	}
	return edits
}

// passesOwnNames reports whether a literal is called with variables of the
// names that its parameters have, so that it does without parameters.
func (c *checker) passesOwnNames(lit *ast.FuncLit, call *ast.CallExpr) bool {
	params := c.params(lit.Type)
	if len(params) != len(call.Args) {
		return false
	}
	for i, p := range params {
		v := c.varOf(call.Args[i])
		if p == nil || v == nil || p.Name() != v.Name() || !c.assignedOnce(v) || !c.assignedOnce(p) {
			return false
		}
	}
	return true
}

// keptUntilLater reports whether a call does the same if its arguments are
// evaluated when it is made: they are variables that do not change, their
// fields, or constants.
func (c *checker) keptUntilLater(call *ast.CallExpr) bool {
	if _, ok := root(call.Fun).(*ast.Ident); !ok {
		return false
	}
	for _, arg := range call.Args {
		v := c.varOf(root(arg))
		constant := c.info.Types[arg].Value != nil
		if !constant && (v == nil || !isContext(v.Type()) && !c.assignedOnce(v)) {
			return false
		}
	}
	return true
}

// assignedOnce reports whether only its declaration gives v a value.
func (c *checker) assignedOnce(v *types.Var) bool {
	known := c.variable(v)
	return known.param && len(known.values) == 0 || !known.param && len(known.values) == 1
}

// isHookFunction reports whether fn is a func(context.Context) error.
func (c *checker) isHookFunction(fn ast.Expr) bool {
	sig, ok := c.info.TypeOf(fn).(*types.Signature)
	return ok && sig.Params().Len() == 1 && !sig.Variadic() &&
		isNamed(sig.Params().At(0).Type(), "context", "Context") &&
		sig.Results().Len() == 1 && isError(sig.Results().At(0).Type())
}
