package hooklint

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
)

// checkReplay reports that code of a durable function which runs again on each
// replay registers a hook.
func (c *checker) checkReplay(h *hook) {
	if h.atShutdown() || c.flushes(h) || !c.isReplayed(h.at) {
		return
	}
	c.report(h.call, replayCheck, nil, "this code runs again on each replay of the durable function, and registers "+
		"the hook again: register it in a step, or ask IsReplaying")
}

// checkReplayedCalls is checkReplay for functions that register hooks with a
// context they are given.
func (c *checker) checkReplayedCalls() {
	if !c.imports(durablePath) {
		return
	}
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		if c.libraryCall(call) == "" && len(c.registersWith(call)) > 0 && c.isReplayed(at) {
			c.report(call, replayCheck, nil, "%s registers a hook, and is called again on each replay of the durable "+
				"function: call it in a step, or ask IsReplaying", types.ExprString(call.Fun))
		}
	}
}

// isReplayed reports whether code is replayed: it is in a function that is
// called with a durable.Context, not in that of a step, and does not ask
// whether it is replayed.
func (c *checker) isReplayed(at inspector.Cursor) bool {
	for outer := range at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		for field := range c.fields(functionType(outer.Node())) {
			switch t := c.info.TypeOf(field.Type); {
			case isNamed(t, durablePath, "StepContext"):
				return false
			case isNamed(t, durablePath, "Context"):
				return !mentions(outer.Node(), "IsReplaying")
			}
		}
	}
	return false
}

func (c *checker) fields(t *ast.FuncType) func(func(*ast.Field) bool) {
	return func(yield func(*ast.Field) bool) {
		for _, field := range t.Params.List {
			if !yield(field) {
				return
			}
		}
	}
}

// flushes reports whether a hook flushes something, by its name. That is right
// after each invocation, and so after each replay.
func (c *checker) flushes(h *hook) bool {
	if h.function != nil {
		return strings.Contains(h.function.Name(), "Flush") || strings.Contains(h.function.Name(), "flush")
	}
	flushes := h.lit != nil
	if h.lit != nil {
		for at := range c.cursors[h.lit].Preorder((*ast.CallExpr)(nil)) {
			f := c.callee(at.Node().(*ast.CallExpr))
			if f == nil || !strings.Contains(strings.ToLower(f.Name()), "flush") {
				flushes = false
			}
		}
	}
	return flushes
}
