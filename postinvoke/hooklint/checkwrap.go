package hooklint

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// checkStart reports a handler that is given to aws-lambda-go, and registers
// hooks, without being wrapped, or being wrapped inside of another handler.
func (c *checker) checkStart(call *ast.CallExpr) {
	given, what := c.started(call)
	if given == nil {
		return
	}
	switch h := c.handlerOf(given); {
	case h.around != nil:
		c.report(h.wrap, wrapCheck, c.fixCovered(call, given, h), "%s is around the wrapped handler, and may "+
			"end its context before the response is sent: wrap what %[1]s returns", types.ExprString(h.around))
	case c.summaryOf(h.function).Registers != 0 && !c.wrapped[h.function]: // what it does may depend on that
		c.report(given, wrapCheck, c.replaceStart(call, given, "nil"), "the handler registers hooks and is not wrapped, "+
			"so Run panics: start %s with postinvoke.Start", what)
	}
}

// started returns the handler that a call starts, or nil if it starts none, and what
// to start instead.
func (c *checker) started(call *ast.CallExpr) (given ast.Expr, what string) {
	what = "it"
	switch {
	case c.callOf(call, lambdaurlPath) == "Start":
		what = "what lambdaurl.Wrap returns"
	case !strings.HasPrefix(c.callOf(call, lambdaPath), "Start"):
		return nil, ""
	}
	if len(call.Args) > 1 && isContext(c.info.TypeOf(call.Args[0])) {
		return call.Args[1], what
	}
	return call.Args[0], what
}

// findWrapped finds the functions that the package wraps.
func (c *checker) findWrapped() {
	c.wrapped = map[function]bool{}
	for _, call := range calls(c.root) {
		if c.wraps(call) {
			c.wrapped[c.handlerOf(call.Args[0]).function] = true
		}
	}
}

// fixCovered starts the middleware with postinvoke.Start, and the handler in it
// is not wrapped any more.
func (c *checker) fixCovered(call *ast.CallExpr, given ast.Expr, h handler) []analysis.TextEdit {
	if h.wrap.Pos() < given.Pos() || given.End() < h.wrap.End() || len(h.wrap.Args) != 2 {
		return nil
	}
	inner := h.wrap.Args[0]
	edits := c.replaceStart(call, given, c.source(h.wrap.Args[1]))
	if edits == nil {
		return nil
	}
	return append(edits, remove(h.wrap.Pos(), inner.Pos()), remove(inner.End(), h.wrap.End()))
}

// replaceStart makes a call of postinvoke.Start of one of lambda's that has the
// handler as its first argument.
func (c *checker) replaceStart(call *ast.CallExpr, given ast.Expr, opts string) []analysis.TextEdit {
	imported := c.importedAs(call.Pos(), "postinvoke", library)
	if !imported || given != call.Args[0] || c.callOf(call, lambdaPath) == "" {
		return nil
	}
	return []analysis.TextEdit{replace(call.Fun, "postinvoke.Start"), insert(given.End(), ", "+opts)}
}

// checkBackground reports a context that no handler was called with: of a hook,
// and of the call of a wrapped handler in a function that has a context. A test
// takes the place of the runtime, and may pass any.
func (c *checker) checkBackground(at inspector.Cursor, call *ast.CallExpr) {
	if len(call.Args) == 0 || c.origin(call.Args[0]) != background || c.inTest(call) {
		return
	}
	given := call.Args[0]
	ctx := c.contextInScope(at)
	var fix []analysis.TextEdit
	if _, ok := ast.Unparen(given).(*ast.CallExpr); ok && ctx != "" && at.ParentEdgeKind() != edge.GoStmt_Call {
		fix = []analysis.TextEdit{replace(given, ctx)}
	}
	switch name := c.callOf(call, library); {
	case len(c.registersWith(call)) > 0 && name != "":
		c.report(given, wrapCheck, fix, "%s panics with a context that does not come from a wrapped handler: "+
			"pass it the context that the handler is called with", name)
	case ctx != "" && c.handlerOf(call.Fun).wrap != nil:
		c.report(given, wrapCheck, fix, "the wrapped handler is called with a context that has neither values "+
			"nor end of the invocation's: pass %s on", ctx)
	}
}
