package hooklint

import (
	"go/ast"
	"go/types"
	"strings"
)

// checkExit reports that a hook ends the process, itself or in a function of
// its package.
func (c *checker) checkExit(h *hook) {
	body, ok := c.bodies[h.function]
	if !ok {
		return
	}
	for _, call := range calls(body) {
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
			c.report(call, exitCheck, nil, "%s %s, and cuts off the shutdown functions that were "+
				"registered before this one: return instead", called, what)
		} else {
			c.report(call, exitCheck, nil, "%s %s, and so the hooks that wait, and this environment, "+
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

// checkSIGTERM reports WithEnableSIGTERM in a package that registers shutdown
// functions, in its own or in another package's functions.
func (c *checker) checkSIGTERM() {
	var other string
	var options []*ast.CallExpr
	for _, call := range calls(c.root) {
		switch name := c.callOf(call, library); {
		case c.inTest(call):
		case name == "Shutdown", name == "ShutdownContext":
			other = name
		case c.callOf(call, lambdaPath) == "WithEnableSIGTERM":
			options = append(options, call)
		case c.calleeSummary(call).Shutdown && other == "" && c.callee(call).Pkg() != c.pass.Pkg:
			other = types.ExprString(call.Fun) + ", which calls Shutdown"
		}
	}
	if other == "" {
		return
	}
	for _, option := range options {
		c.report(option, exitCheck, nil, "WithEnableSIGTERM is used beside %s, whose functions end the "+
			"process when they have returned, even if its callbacks still run: "+
			"register all of them with Shutdown", other)
	}
}
