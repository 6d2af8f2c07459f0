package hooklint

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
)

// checkError reports that a hook throws away the error of its work, which
// RunContext would log. Whether an error matters is not always known, and so it
// is reported for the last statement of a Run, which is its work, and for calls
// with a context, which wait for another process.
func (c *checker) checkError(h *hook, converted bool) {
	if h.lit == nil || h.atShutdown() {
		return
	}
	for at := range c.bodies[h.function].Preorder((*ast.ExprStmt)(nil), (*ast.AssignStmt)(nil)) {
		stmt := at.Node().(ast.Stmt)
		call := c.thrownAway(stmt)
		if call == nil || functionAround(at) != h.lit {
			continue
		}
		last := h.name == "Run" && stmt == h.lit.Body.List[len(h.lit.Body.List)-1]
		if !last && !c.takesContext(call) {
			continue
		}
		var fix []analysis.TextEdit
		if last && h.direct() && !converted {
			fix = c.convertRun(h, "")
		}
		advice := "return it from a hook of RunContext, which logs it"
		if h.name != "Run" {
			advice = "return it, and " + h.name + " logs it"
		}
		c.report(call, errorCheck, fix, "the error of %s is thrown away: %s", types.ExprString(call.Fun), advice)
	}
}

// thrownAway returns the call whose error a statement throws away, and nil if
// it does not, or if that error is usually ignored.
func (c *checker) thrownAway(stmt ast.Stmt) *ast.CallExpr {
	var e ast.Expr
	switch s := stmt.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		isUsed := func(lhs ast.Expr) bool { return types.ExprString(lhs) != "_" }
		if len(s.Rhs) != 1 || slices.ContainsFunc(s.Lhs, isUsed) {
			return nil
		}
		e = s.Rhs[0]
	}
	call, ok := e.(*ast.CallExpr)
	if !ok || !endsInError(c.info.TypeOf(call)) || c.errorIsNoise(call) {
		return nil
	}
	return call
}

// errorIsNoise reports whether it is usual to ignore the error of a function:
// printing, closing, removing what is not needed any more, rolling back.
func (c *checker) errorIsNoise(call *ast.CallExpr) bool {
	f := c.callee(call)
	if f == nil {
		return false
	}
	switch packageOf(f) {
	case "fmt", "strings", "bytes", "hash", "io", "bufio", "text/tabwriter", "log", "log/slog", "crypto/rand":
		return true
	}
	switch f.Name() {
	case "Close", "Rollback", "Sync", "Log", "Print", "Printf", "Println", "Write", "WriteString", "SetDeadline",
		"Remove", "RemoveAll", "Setenv", "Unsetenv":
		return true
	}
	return false
}
