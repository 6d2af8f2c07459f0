package hooklint

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// checkStarts reports handlers that are given to aws-lambda-go, and register
// hooks, without being wrapped, or being wrapped inside of something else.
func (c *checker) checkStarts() {
	wrapped := map[any]bool{} // somewhere in the package: what it does may depend on it
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		switch c.libraryCall(call) {
		case "Wrap", "WrapHandler", "Start":
			h := c.handlerOf(call.Args[0])
			wrapped[h.lit], wrapped[h.function] = true, true
		}
	}
	wrapped[(*ast.FuncLit)(nil)], wrapped[(*types.Func)(nil)] = false, false
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		i, what := 0, "it"
		switch c.callOf(call, lambdaPath) {
		case "Start", "StartWithOptions", "StartHandler", "StartHandlerFunc":
		case "StartWithContext", "StartHandlerWithContext":
			i = 1
		default:
			if c.callOf(call, lambdaurlPath) != "Start" {
				continue
			}
			what = "what lambdaurl.Wrap returns"
		}
		if len(call.Args) <= i {
			continue
		}
		given := call.Args[i]
		switch h := c.handlerOf(given); {
		case h.kind == coveredHandler:
			c.report(h.wrap, wrapCheck, c.fixCovered(call, given, h), "%s is around the wrapped handler, and may "+
				"end its context before the response is sent: wrap what %s returns",
				types.ExprString(h.around), types.ExprString(h.around))
		case h.kind == plainHandler && h.registers && !wrapped[h.lit] && !wrapped[h.function]:
			c.report(given, wrapCheck, c.fixUnwrapped(call, given), "the handler registers hooks and is not wrapped, "+
				"so Run panics: start %s with postinvoke.Start", what)
		}
	}
}

// fixUnwrapped starts the handler with postinvoke.Start.
func (c *checker) fixUnwrapped(call *ast.CallExpr, given ast.Expr) *analysis.SuggestedFix {
	edits := c.replaceStart(call, given, "nil")
	return &analysis.SuggestedFix{Message: "Start it with postinvoke.Start", TextEdits: edits}
}

// fixCovered starts the middleware with postinvoke.Start, and the handler in it
// is not wrapped any more.
func (c *checker) fixCovered(call *ast.CallExpr, given ast.Expr, h handler) *analysis.SuggestedFix {
	if !contains(given, h.wrap) || len(h.wrap.Args) != 2 {
		return nil
	}
	inner := h.wrap.Args[0]
	edits := c.replaceStart(call, given, c.source(h.wrap.Args[1]))
	if edits == nil {
		return nil
	}
	edits = append(edits, remove(h.wrap.Pos(), inner.Pos()), remove(inner.End(), h.wrap.End()))
	return &analysis.SuggestedFix{Message: "Wrap what is outermost", TextEdits: edits}
}

// replaceStart makes a call of postinvoke.Start of a call that starts a handler.
// It returns nil if that cannot be done.
func (c *checker) replaceStart(call *ast.CallExpr, given ast.Expr, opts string) []analysis.TextEdit {
	name, edits := c.use(call.Pos())
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if name == "" || !ok {
		return nil
	}
	pkg, ok := selector.X.(*ast.Ident)
	if !ok {
		return nil
	}
	edits = append(edits, replace(call.Fun, name+".Start"))
	after := ", " + opts
	switch {
	case c.callOf(call, lambdaurlPath) != "":
		edits = append(edits, insert(given.Pos(), pkg.Name+".Wrap("))
		after = ")" + after
	case given != call.Args[0]: // after the context to start with
		edits = append(edits, remove(call.Args[0].Pos(), given.Pos()))
		after += ", " + pkg.Name + ".WithContext(" + c.source(call.Args[0]) + ")"
	default:
		edits = append(edits, c.dropImport(pkg)...)
	}
	return append(edits, insert(given.End(), after))
}

// checkWrappedCalls reports calls of wrapped handlers, by functions that have
// a context, with a context that does not come from it. A test plays the
// runtime, and may.
func (c *checker) checkWrappedCalls() {
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		if len(call.Args) == 0 || c.inTest(call) || c.origin(call.Args[0]) != background || !c.callsWrapped(call) {
			continue
		}
		ctx := c.contextInScope(at)
		if ctx == "" || isTestHelper(at, c) {
			continue
		}
		var fix *analysis.SuggestedFix
		if _, ok := ast.Unparen(call.Args[0]).(*ast.CallExpr); ok && at.ParentEdgeKind() != edge.GoStmt_Call {
			fix = &analysis.SuggestedFix{
				Message:   "Pass the context on",
				TextEdits: []analysis.TextEdit{replace(call.Args[0], ctx)},
			}
		}
		c.report(call.Args[0], wrapCheck, fix, "the wrapped handler is called with a context that has neither values "+
			"nor end of the invocation's: pass %s on", ctx)
	}
}

func (c *checker) callsWrapped(call *ast.CallExpr) bool {
	fun := ast.Unparen(call.Fun)
	if s, ok := fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Invoke" {
		fun = s.X
	}
	return c.handlerOf(fun).kind == wrappedHandler
}

// isTestHelper reports whether the function around has a *testing.T or the like.
func isTestHelper(at inspector.Cursor, c *checker) bool {
	for outer := range at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		for _, p := range c.params(functionType(outer.Node())) {
			if p != nil && (isNamed(p.Type(), "testing", "T") || isNamed(p.Type(), "testing", "B") ||
				isNamed(p.Type(), "testing", "F") || isNamed(p.Type(), "testing", "TB")) {
				return true
			}
		}
	}
	return false
}
