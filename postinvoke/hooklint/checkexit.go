package hooklint

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"
)

// checkExit reports that a hook ends the process, itself or in a function of
// its package.
func (c *checker) checkExit(h *hook) {
	body, ok := c.bodies[h.function]
	if !ok {
		return
	}
	for at, call := range calls(body) {
		if _, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
			continue // the calls in it are looked at
		}
		exit := c.exits(call, map[function]bool{h.function: true})
		if exit == "" {
			continue
		}
		called, what := types.ExprString(call.Fun), "ends the process"
		if called != exit {
			what = "calls " + exit + ", which ends the process"
		}
		if h.atShutdown() {
			c.report(call, exitCheck, c.fixExit(h, at), "%s %s, and cuts off the shutdown functions that were "+
				"registered before this one: return instead", called, what)
		} else {
			c.report(call, exitCheck, c.fixExit(h, at), "%s %s, and so the hooks that wait, and this environment, "+
				"are lost: return an error from a hook of RunContext instead", called, what)
		}
	}
}

// exits returns the function that ends the process if a call does, or "".
func (c *checker) exits(call *ast.CallExpr, seen map[function]bool) string {
	if isExit(c.callee(call)) {
		return types.ExprString(call.Fun)
	}
	fn := c.functionOf(call.Fun)
	body, ok := c.bodies[fn]
	if !ok || seen[fn] {
		return ""
	}
	seen[fn] = true
	for _, call := range calls(body) {
		if exit := c.exits(call, seen); exit != "" {
			return exit
		}
	}
	return ""
}

// isExit reports whether f ends the process: os.Exit, and the Fatal functions
// of the usual loggers.
func isExit(f *types.Func) bool {
	switch packageOf(f) {
	case "os", "syscall":
		return f.Name() == "Exit"
	case "log", "go.uber.org/zap", "github.com/sirupsen/logrus", "github.com/rs/zerolog",
		"github.com/rs/zerolog/log", "k8s.io/klog/v2", "github.com/charmbracelet/log":
		return strings.HasPrefix(f.Name(), "Fatal") && f.Name() != "FatalLevel"
	}
	return false
}

// fixExit returns an error instead of logging it as fatal.
func (c *checker) fixExit(h *hook, at inspector.Cursor) []analysis.TextEdit {
	call := at.Node().(*ast.CallExpr)
	stmt, ok := at.Parent().Node().(*ast.ExprStmt)
	if !ok || h.plain() || h.lit == nil || functionAround(at) != h.lit || c.callOf(call, "log") != "Fatal" ||
		len(call.Args) != 1 || !isError(c.info.TypeOf(call.Args[0])) {
		return nil
	}
	edits := []analysis.TextEdit{replace(stmt, "return "+c.source(call.Args[0]))}
	if s, ok := call.Fun.(*ast.SelectorExpr); ok {
		if id, ok := s.X.(*ast.Ident); ok {
			edits = append(edits, c.dropImport(id)...)
		}
	}
	return edits
}

// checkSIGTERM reports WithEnableSIGTERM in a package that registers shutdown
// functions, in its own or in another package's functions.
func (c *checker) checkSIGTERM() {
	var other string
	var options []inspector.Cursor
	for at, call := range calls(c.root) {
		s := c.calleeSummary(call)
		switch name := c.callOf(call, library); {
		case c.inTest(at):
		case name == "Shutdown", name == "ShutdownContext":
			other = name
		case c.callOf(call, lambdaPath) == "WithEnableSIGTERM":
			options = append(options, at)
		case s != nil && s.Shutdown && other == "" && c.callee(call).Pkg() != c.pass.Pkg:
			other = types.ExprString(call.Fun) + ", which calls Shutdown"
		}
	}
	if other == "" {
		return
	}
	for _, at := range options {
		c.report(at.Node(), exitCheck, fixSIGTERM(at), "WithEnableSIGTERM is used beside %s, whose functions end the "+
			"process when they have returned, even if its callbacks still run: "+
			"register all of them with Shutdown", other)
	}
}

// fixSIGTERM removes the option, if it has no callbacks.
func fixSIGTERM(at inspector.Cursor) []analysis.TextEdit {
	call := at.Node().(*ast.CallExpr)
	outer, ok := at.Parent().Node().(*ast.CallExpr)
	if !ok || len(call.Args) > 0 {
		return nil
	}
	i := at.ParentEdgeIndex()
	if i < 1 || outer.Args[i] != call {
		return nil
	}
	return []analysis.TextEdit{remove(outer.Args[i-1].End(), call.End())}
}
