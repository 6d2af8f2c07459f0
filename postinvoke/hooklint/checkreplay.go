package hooklint

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
)

// checkReplay reports that code of a durable function which runs again on each
// replay registers a hook, itself or in a function that it passes its context to.
func (c *checker) checkReplay(at inspector.Cursor, call *ast.CallExpr) {
	switch direct := c.callOf(call, library) != ""; {
	case len(c.registersWith(call)) == 0 || !c.isReplayed(at):
	case !direct:
		c.report(call, replayCheck, nil, "%s registers a hook, and is called again on each replay of the durable "+
			"function: call it in a step, or check IsReplaying", types.ExprString(call.Fun))
	case len(call.Args) < 2 || !c.flushes(c.functionOf(call.Args[1])):
		c.report(call, replayCheck, nil, "this code runs again on each replay of the durable function, and "+
			"registers the hook again: register it in a step, or check IsReplaying")
	}
}

// isReplayed reports whether code is replayed: it is in a function that is
// called with a durable.Context, not in that of a step, and does not check
// whether it is replayed.
func (c *checker) isReplayed(at inspector.Cursor) bool {
	for outer := range functionsAround(at) {
		for _, p := range c.params(outer.Node()) {
			switch {
			case isNamed(p.Type(), durablePath, "StepContext"):
				return false
			case isNamed(p.Type(), durablePath, "Context"):
				return !mentions(outer.Node(), "IsReplaying")
			}
		}
	}
	return false
}

// flushes reports whether a hook flushes something, by its name. That is right
// after each invocation, and so after each replay.
func (c *checker) flushes(hook function) bool {
	flushes := func(f *types.Func) bool { return f != nil && strings.Contains(strings.ToLower(f.Name()), "flush") }
	if hook.lit == nil {
		return flushes(hook.decl)
	}
	for _, call := range calls(c.bodies[hook]) {
		if !flushes(c.callee(call)) {
			return false
		}
	}
	return true
}
