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
	for _, use := range c.contextUses(c.bodies[h.function]) {
		if use.origin != handler {
			continue
		}
		if !declaredIn(h.lit, use.v) {
			captured = append(captured, use)
		}
		if wrong == nil && (use.kind == works || use.kind > works && h.name != "Go") {
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

// consequences of the end of a context, for what uses it.
var consequences = map[useKind]string{
	works: " fails", checks: " always has an error", awaits: " has nothing to wait for",
}

func message(h *hook, handler *types.Var, use *contextUse) string {
	by := types.ExprString(use.by)
	what := " is the handler's context"
	if use.v != handler {
		what = " derives from the handler's context"
	}
	ends := "has ended when the hook runs, so " + by + consequences[use.kind]
	advice := "use the context that " + h.name + " passes in"
	switch h.name {
	case "Go":
		ends = "ends when the response is sent, though " + by + " may still be at work"
	case "Run":
		advice = "use RunContext, which passes one in that has not"
	}
	return types.ExprString(use.expr) + what + ", which " + ends + ": " + advice
}

// fixContext gives the hook its own context in the place of the one that it is
// registered with. It returns nil if the hook uses another one, which may have
// other values.
func (c *checker) fixContext(h *hook, captured []contextUse) []analysis.TextEdit {
	with := c.varOf(h.ctx)
	if !h.direct() || with == nil || c.declares(h.lit, with.Name()) {
		return nil
	}
	for _, use := range captured {
		if use.v != with {
			return nil
		}
	}
	if h.name == "Run" {
		return c.convertRun(h, with.Name())
	}
	param := h.lit.Type.Params.List[0]
	if len(param.Names) == 0 || param.Names[0].Name == "_" {
		return []analysis.TextEdit{replaceRange(param.Pos(), param.Type.Pos(), with.Name()+" ")}
	}
	var edits []analysis.TextEdit
	for _, use := range captured {
		edits = append(edits, replace(use.expr, param.Names[0].Name))
	}
	return edits
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
