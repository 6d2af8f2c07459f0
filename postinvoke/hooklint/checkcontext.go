package hooklint

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// checkContext reports that a hook uses the context of the handler. It reports
// true if the fix makes a Run of it that takes a context.
func (c *checker) checkContext(h *hook) (converted bool) {
	if h.atShutdown() || h.lit == nil {
		return false
	}
	handler := c.origin(h.ctx)
	if !isParameter(handler) {
		return false
	}
	var captured []contextUse // all uses of contexts of the handler, for the fix
	var wrong *contextUse
	for use := range c.contextUses(c.bodies[h.function]) {
		if use.origin != handler {
			continue
		}
		if !declaredIn(h.lit, use.v) {
			captured = append(captured, use)
		}
		if wrong == nil && (use.kind == works || use.kind == waits && h.name != "Go") {
			wrong = &use
		}
	}
	if wrong == nil {
		return false
	}
	fix := c.fixContext(h, captured)
	c.report(wrong.expr, contextCheck, fix, "%s", message(h, handler, wrong))
	return fix != nil && h.name == "Run"
}

func message(h *hook, handler *types.Var, use *contextUse) string {
	name := types.ExprString(use.expr)
	what := name + " is the handler's context"
	switch {
	case use.v != handler:
		what = name + " derives from the handler's context"
	case isRequest(handler.Type()):
		what = name + " is the request's context"
	}
	if h.name == "Go" {
		return what + ", which ends when the response is sent, though " + types.ExprString(use.by) +
			" may still be at work: use the context that Go passes in"
	}
	what += ", which has ended when the hook runs"
	switch {
	case use.kind == works:
		what += ", so " + types.ExprString(use.by) + " fails"
	case strings.HasSuffix(types.ExprString(use.by), ".Err"):
		what += ", so " + types.ExprString(use.by) + " always has an error"
	default:
		what += ", so " + types.ExprString(use.by) + " has nothing to wait for"
	}
	if h.name == "Run" {
		return what + ": use RunContext, which passes one in that has not"
	}
	return what + ": use the context that RunContext passes in"
}

// fixContext gives the hook its own context in the place of those it
// captures. It returns nil if they are of several variables, or of one that has
// a limit: the hook's context would not have it.
func (c *checker) fixContext(h *hook, captured []contextUse) []analysis.TextEdit {
	if !h.direct() || len(captured) == 0 {
		return nil
	}
	v, origin := captured[0].v, captured[0].origin
	for _, use := range captured {
		if use.v != v || c.hasLimit(use.expr, map[*types.Var]bool{}) {
			return nil
		}
	}
	own, request := v.Name(), isRequest(v.Type())
	if request {
		own = "ctx"
	}
	if redeclares(h.lit.Body, own) || request && mentions(h.lit.Body, own) {
		return nil
	}
	var edits []analysis.TextEdit
	if h.name == "Run" {
		if edits = c.convertRun(h, own); edits == nil {
			return nil
		}
	} else {
		switch field := h.lit.Type.Params.List[0]; {
		case len(field.Names) == 0:
			edits = append(edits, insert(field.Pos(), own+" "))
		case field.Names[0].Name == "_":
			edits = append(edits, replace(field.Names[0], own))
		case request:
			return nil
		default:
			own = field.Names[0].Name
		}
	}
	if own != v.Name() {
		for _, use := range captured {
			edits = append(edits, replace(use.expr, own))
		}
	}
	// The hook's context has the values of the one it is registered with, which
	// should be those of the one it used.
	switch with := c.varOf(h.ctx); {
	case with == v, v == origin, request:
		return edits
	case with == origin:
		return append(edits, replace(h.ctx, v.Name()))
	}
	return nil
}

// convertRun makes a RunContext of a Run, whose context is called name, or has
// no name.
func (c *checker) convertRun(h *hook, name string) []analysis.TextEdit {
	selector, ok := ast.Unparen(h.call.Fun).(*ast.SelectorExpr)
	if !ok || !c.importedAs(h.call.Pos(), "context", "context") {
		return nil
	}
	edits := []analysis.TextEdit{
		replace(selector.Sel, "RunContext"),
		replace(h.lit.Type.Params, "("+strings.TrimSpace(name+" context.Context")+") error"),
	}
	return append(edits, c.returnErrors(h.lit.Body)...)
}
