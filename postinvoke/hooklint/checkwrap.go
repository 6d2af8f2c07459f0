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
		name := c.callOf(call, lambdaPath)
		i := 0
		switch name {
		case "Start", "StartWithOptions", "StartHandler", "StartHandlerFunc":
		case "StartWithContext", "StartHandlerWithContext":
			i = 1
		default:
			if name = c.callOf(call, lambdaurlPath); name != "Start" {
				continue
			}
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
				"so Run panics: start it with %s", c.preferred())
		}
	}
}

// hasStart reports whether the library has Start, which older versions do not.
func (c *checker) hasStart() bool {
	for _, p := range c.pass.Pkg.Imports() {
		if p.Path() == library {
			return p.Scope().Lookup("Start") != nil
		}
	}
	return false
}

func (c *checker) preferred() string {
	if c.hasStart() {
		return "postinvoke.Start"
	}
	return "postinvoke.Wrap"
}

// fixUnwrapped wraps the handler that is given to aws-lambda-go.
func (c *checker) fixUnwrapped(call *ast.CallExpr, given ast.Expr) *analysis.SuggestedFix {
	name, edits := c.use(call.Pos())
	if name == "" {
		return nil
	}
	started := c.callOf(call, lambdaPath)
	switch {
	case c.hasStart() && (started == "Start" || started == "StartWithOptions"):
		edits = append(edits, c.replaceStart(call, name, given, "nil")...)
	case c.takesWrap(given):
		edits = append(edits, insert(given.Pos(), name+".Wrap("), insert(given.End(), ", nil)"))
	case started == "StartHandler" || started == "StartHandlerWithContext":
		edits = append(edits, insert(given.Pos(), name+".WrapHandler("), insert(given.End(), ", nil)"))
	default:
		return nil
	}
	return &analysis.SuggestedFix{Message: "Wrap the handler", TextEdits: edits}
}

// replaceStart makes a call of postinvoke.Start of one of lambda.Start or
// StartWithOptions.
func (c *checker) replaceStart(call *ast.CallExpr, name string, given ast.Expr, opts string) []analysis.TextEdit {
	edits := []analysis.TextEdit{
		replace(call.Fun, name+".Start"),
		insert(given.End(), ", "+opts),
	}
	if s, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if id, ok := s.X.(*ast.Ident); ok {
			edits = append(edits, c.dropImport(id)...)
		}
	}
	return edits
}

// takesWrap reports whether Wrap takes a handler: a
// func(context.Context, In) (Out, error).
func (c *checker) takesWrap(given ast.Expr) bool {
	sig, ok := c.info.TypeOf(given).Underlying().(*types.Signature)
	return ok && sig.Params().Len() == 2 && isNamed(sig.Params().At(0).Type(), "context", "Context") && !sig.Variadic() &&
		sig.Results().Len() == 2 && types.Identical(sig.Results().At(1).Type(), errorType)
}

// fixCovered wraps the middleware instead of the handler in it.
func (c *checker) fixCovered(call *ast.CallExpr, given ast.Expr, h handler) *analysis.SuggestedFix {
	if !contains(given, h.wrap) || c.libraryCall(h.wrap) != "Wrap" || len(h.wrap.Args) != 2 {
		return nil
	}
	name, edits := c.use(call.Pos())
	if name == "" {
		return nil
	}
	inner, opts := h.wrap.Args[0], c.source(h.wrap.Args[1])
	started := c.callOf(call, lambdaPath)
	switch {
	case c.hasStart() && (started == "Start" || started == "StartWithOptions"):
		edits = append(edits, c.replaceStart(call, name, given, opts)...)
	case c.takesWrap(given):
		edits = append(edits, insert(given.Pos(), name+".Wrap("), insert(given.End(), ", "+opts+")"))
	default:
		return nil
	}
	edits = append(edits, remove(h.wrap.Pos(), inner.Pos()), remove(inner.End(), h.wrap.End()))
	return &analysis.SuggestedFix{Message: "Wrap what is outermost", TextEdits: edits}
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
