package hooklint

import (
	"go/ast"
	"go/types"
	"slices"

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
	for at := range c.root.Preorder((*ast.GoStmt)(nil)) {
		g := &goroutine{c, at, at.Node().(*ast.GoStmt)}
		registers := len(c.registersWith(g.stmt.Call)) > 0 || c.summaryOf(c.functionOf(g.stmt.Call.Fun)).Hooks
		if !registers && !isRunning(running, at) || g.startedOnce() || !g.unawaited() {
			continue
		}
		if registers {
			c.report(g.stmt, lateCheck, g.fix(), "nothing waits for this goroutine, so it may register its hook too "+
				"late: start it with Go, or register the hook before")
		} else {
			c.report(g.stmt, goroutineCheck, g.fix(), "nothing waits for this goroutine: it is frozen with the "+
				"environment when the response is sent, so start it with Go")
		}
	}
}

// duringInvocations returns the functions that run while an invocation lasts:
// those that are wrapped, those that register hooks with a context they were
// called with, hooks, and what all of these call with their contexts.
func (c *checker) duringInvocations(hooks []*hook) map[ast.Node]bool {
	running := map[ast.Node]bool{}
	var add func(at inspector.Cursor)
	addFunction := func(fn function) {
		if at, ok := c.bodies[fn]; ok {
			add(at)
		}
	}
	add = func(at inspector.Cursor) {
		if running[at.Node()] {
			return
		}
		running[at.Node()] = true
		params := c.params(at.Node())
		for _, call := range calls(at) {
			for _, arg := range call.Args {
				if slices.Contains(params, c.origin(arg)) {
					addFunction(c.functionOf(call.Fun))
				}
			}
		}
	}
	for fn := range c.wrapped {
		addFunction(fn)
	}
	for _, h := range hooks {
		if h.atShutdown() {
			continue
		}
		addFunction(h.function)
		for outer := range functionsAround(h.at) {
			if slices.Contains(c.params(outer.Node()), c.origin(h.ctx)) {
				add(outer)
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

// fix starts the goroutine with Go, in a closure. It returns nil where arguments
// would be evaluated later than now, or an existing name would get another meaning.
func (g *goroutine) fix() []analysis.TextEdit {
	call := g.stmt.Call
	if g.callOf(call, library) != "" {
		// It registers the hook before the handler continues.
		return []analysis.TextEdit{remove(g.stmt.Pos(), call.Pos())}
	}
	ctx, pos := g.contextInScope(g.at), g.stmt.Pos()
	if ctx == "" || !g.importedAs(pos, "postinvoke", library) || !g.importedAs(pos, "context", "context") {
		return nil
	}
	begin := "postinvoke.Go(" + ctx + ", func(" + ctx + " context.Context) error {"
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		if len(call.Args) > 0 || lit.Type.Results != nil || g.declares(lit, ctx) {
			return nil
		}
		return append(g.returnErrors(lit.Body), replaceRange(pos, lit.Body.Lbrace+1, begin),
			replaceRange(lit.End(), call.End(), ")"))
	}
	work := g.source(call)
	results, ok := g.info.TypeOf(call).(*types.Tuple)
	switch {
	case !g.keptUntilLater(call):
		return nil
	case isError(g.info.TypeOf(call)):
		work = "return " + work
	case ok && results.Len() == 0:
		work += "\nreturn nil"
	default:
		return nil
	}
	return []analysis.TextEdit{replace(g.stmt, begin+"\n"+work+"\n})")}
}

// keptUntilLater reports whether a call does the same if its arguments are
// evaluated when it is made: they are variables that do not change, their
// fields, or constants.
func (c *checker) keptUntilLater(call *ast.CallExpr) bool {
	changes := func(arg ast.Expr) bool {
		v := c.varOf(root(arg))
		return c.info.Types[arg].Value == nil && (v == nil || !isContext(v.Type()) && !c.assignedOnce(v))
	}
	_, ok := root(call.Fun).(*ast.Ident)
	return ok && !slices.ContainsFunc(call.Args, changes)
}

// assignedOnce reports whether only its declaration gives v a value.
func (c *checker) assignedOnce(v *types.Var) bool {
	if isParameter(v) {
		return len(c.values[v]) == 0
	}
	return len(c.values[v]) == 1
}
