package hooklint

import (
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
	for at, call := range calls(c.root) {
		if c.callOf(call, library) == "" && len(c.registersWith(call)) > 0 && c.isReplayed(at) {
			c.report(call, replayCheck, nil, "%s registers a hook, and is called again on each replay of the durable "+
				"function: call it in a step, or ask IsReplaying", types.ExprString(call.Fun))
		}
	}
}

// isReplayed reports whether code is replayed: it is in a function that is
// called with a durable.Context, not in that of a step, and does not ask
// whether it is replayed.
func (c *checker) isReplayed(at inspector.Cursor) bool {
	for outer, function := range functionsAround(at) {
		for _, field := range function.Params.List {
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

// flushes reports whether a hook flushes something, by its name. That is right
// after each invocation, and so after each replay.
func (c *checker) flushes(h *hook) bool {
	flushes := func(f *types.Func) bool { return f != nil && strings.Contains(strings.ToLower(f.Name()), "flush") }
	if h.lit == nil {
		return flushes(h.decl)
	}
	for _, call := range calls(c.bodies[h.function]) {
		if !flushes(c.callee(call)) {
			return false
		}
	}
	return true
}
