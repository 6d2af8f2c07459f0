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
	node, _, _ := c.bodyOf(h.lit, h.function)
	if node == nil {
		return
	}
	for at := range c.cursors[node].Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		if _, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
			continue // the calls in it are looked at
		}
		exit := c.exits(call, map[ast.Node]bool{node: true})
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
func (c *checker) exits(call *ast.CallExpr, seen map[ast.Node]bool) string {
	f := c.callee(call)
	if isExit(f) {
		return types.ExprString(call.Fun)
	}
	node, _, _ := c.calledBody(call)
	if node == nil || seen[node] {
		return ""
	}
	seen[node] = true
	for at := range c.cursors[node].Preorder((*ast.CallExpr)(nil)) {
		if exit := c.exits(at.Node().(*ast.CallExpr), seen); exit != "" {
			return exit
		}
	}
	return ""
}

// isExit reports whether f ends the process: os.Exit, and the Fatal functions
// of the usual loggers.
func isExit(f *types.Func) bool {
	if f == nil || f.Pkg() == nil {
		return false
	}
	switch f.Pkg().Path() {
	case "os", "syscall":
		return f.Name() == "Exit"
	case "log", "go.uber.org/zap", "github.com/sirupsen/logrus", "github.com/rs/zerolog",
		"github.com/rs/zerolog/log", "k8s.io/klog/v2", "github.com/charmbracelet/log":
		return strings.HasPrefix(f.Name(), "Fatal") && f.Name() != "FatalLevel"
	}
	return false
}

// fixExit returns an error instead of logging it as fatal.
func (c *checker) fixExit(h *hook, at inspector.Cursor) *analysis.SuggestedFix {
	call := at.Node().(*ast.CallExpr)
	stmt, ok := at.Parent().Node().(*ast.ExprStmt)
	if !ok || h.plain() || h.lit == nil || enclosingFunction(at) != h.lit || c.callOf(call, "log") != "Fatal" ||
		len(call.Args) != 1 || !types.Identical(c.info.TypeOf(call.Args[0]), errorType) {
		return nil
	}
	edits := []analysis.TextEdit{replace(stmt, "return "+c.source(call.Args[0]))}
	if s, ok := call.Fun.(*ast.SelectorExpr); ok {
		if id, ok := s.X.(*ast.Ident); ok {
			edits = append(edits, c.dropImport(id)...)
		}
	}
	return &analysis.SuggestedFix{Message: "Return the error", TextEdits: edits}
}

// checkSIGTERM reports WithEnableSIGTERM in a package that registers shutdown
// functions, in its own or in another package's functions.
func (c *checker) checkSIGTERM(hooks []*hook) {
	var other string
	for _, h := range hooks {
		if h.atShutdown() && !c.inTest(h.call) {
			other = h.name
		}
	}
	var options []inspector.Cursor
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		if c.callOf(call, lambdaPath) == "WithEnableSIGTERM" && !c.inTest(call) {
			options = append(options, at)
		}
		if f := c.callee(call); f != nil && f.Pkg() != nil && f.Pkg().Path() != library && f.Pkg() != c.pass.Pkg {
			if s := c.summaryOf(f); s != nil && s.Shutdown && other == "" {
				other = types.ExprString(call.Fun) + ", which calls Shutdown"
			}
		}
	}
	if other == "" {
		return
	}
	for _, at := range options {
		call := at.Node().(*ast.CallExpr)
		c.report(call, exitCheck, fixSIGTERM(at), "WithEnableSIGTERM is used beside %s, whose functions end the "+
			"process when they have returned, whatever its callbacks do: register all of them with Shutdown", other)
	}
}

// fixSIGTERM removes the option, if it has no callbacks.
func fixSIGTERM(at inspector.Cursor) *analysis.SuggestedFix {
	call := at.Node().(*ast.CallExpr)
	outer, ok := at.Parent().Node().(*ast.CallExpr)
	if !ok || len(call.Args) > 0 {
		return nil
	}
	i := at.ParentEdgeIndex()
	if i < 1 || outer.Args[i] != call {
		return nil
	}
	return &analysis.SuggestedFix{
		Message:   "Remove the option",
		TextEdits: []analysis.TextEdit{remove(outer.Args[i-1].End(), call.End())},
	}
}
