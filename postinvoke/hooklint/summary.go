package hooklint

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
)

// A set of parameters, by index. Those beyond the sixty-fourth are not in it.
type set uint64

func (s set) has(i int) bool { return s&(1<<i) != 0 }

func (s *set) add(i int) { *s |= 1 << i }

// A summary is what a caller has to know about a function. It is a fact, so
// that callers in other packages know it as well.
type summary struct {
	// ValuesOnly has the contexts that are used for their values alone, as
	// loggers do: it does not matter that they have ended.
	ValuesOnly set
	// Derives has the contexts that the returned context derives from.
	Derives set
	// Registers has the contexts that hooks are registered with.
	Registers set
	// Hooks is whether the function registers hooks.
	Hooks bool
	// Wraps is whether the function wraps a handler.
	Wraps bool
	// Shutdown is whether the function registers a shutdown function.
	Shutdown bool
}

func (*summary) AFact() {}

// summaryOf returns the zero value for a function about which nothing is known.
func (c *checker) summaryOf(fn function) (s summary) {
	switch {
	case fn.lit != nil:
		c.updateCalls(&s, c.bodies[fn], c.contextParams(fn.lit))
	case c.summaries[fn] != nil:
		s = *c.summaries[fn]
	case fn.decl != nil && fn.decl.Pkg() != nil && fn.decl.Pkg() != c.pass.Pkg:
		c.pass.ImportObjectFact(fn.decl, &s)
	}
	return s
}

// calleeSummary is summaryOf for the function that is called.
func (c *checker) calleeSummary(call *ast.CallExpr) summary {
	return c.summaryOf(function{decl: c.callee(call)})
}

// summarize makes the summaries of the package's functions. They depend on
// each other, so it repeats that until nothing changes: ValuesOnly begins with
// all contexts and only ever loses some, the others only ever gain.
func (c *checker) summarize() {
	c.summaries = map[function]*summary{}
	for fn, body := range c.bodies {
		if fn.decl == nil {
			continue
		}
		s := &summary{}
		for _, i := range c.contextParams(body.Node()) {
			s.ValuesOnly.add(i)
		}
		c.summaries[fn] = s
	}
	for changed := true; changed; {
		changed = false
		for fn, s := range c.summaries {
			before := *s
			c.update(fn, s)
			changed = changed || *s != before
		}
	}
	for fn, s := range c.summaries {
		if *s != (summary{}) && fn.decl.Exported() {
			c.pass.ExportObjectFact(fn.decl, s)
		}
	}
}

func (c *checker) update(fn function, s *summary) {
	body := c.bodies[fn]
	index := c.contextParams(body.Node())
	if len(index) > 0 {
		if derives, ok := index[c.resultDerivesFrom(fn)]; ok {
			s.Derives.add(derives)
		}
		for _, use := range c.contextUses(body) {
			if i, ok := index[use.origin]; ok && use.kind != harmless {
				s.ValuesOnly &^= 1 << i
			}
		}
	}
	c.updateCalls(s, body, index)
}

// contextParams returns the places of the parameters that are contexts or requests.
func (c *checker) contextParams(fn ast.Node) map[*types.Var]int {
	index := map[*types.Var]int{}
	for i, p := range c.params(fn) {
		if isContext(p.Type()) || isRequest(p.Type()) {
			index[p] = i
		}
	}
	return index
}

// resultDerivesFrom returns the parameter that the context which a function
// returns as its first result derives from, and nil if that is not known.
func (c *checker) resultDerivesFrom(fn function) *types.Var {
	results := fn.decl.Signature().Results()
	if results.Len() == 0 || !isContext(results.At(0).Type()) {
		return nil
	}
	body := c.bodies[fn]
	var derives *types.Var
	for at := range body.Preorder((*ast.ReturnStmt)(nil)) {
		if functionAround(at) != body.Node() {
			continue
		}
		returned := at.Node().(*ast.ReturnStmt).Results
		if len(returned) == 0 { // of named results
			return nil
		}
		value := returned[0]
		if c.info.Types[value].IsNil() {
			continue
		}
		o := c.origin(value)
		if o == nil || derives != nil && o != derives {
			return nil
		}
		derives = o
	}
	return derives
}

// updateCalls finds what the function calls, in the literals in it as well.
func (c *checker) updateCalls(s *summary, body inspector.Cursor, index map[*types.Var]int) {
	enabled, called := false, *s
	for _, call := range calls(body) {
		name, callee := c.callOf(call, library), c.calleeSummary(call)
		enabled = enabled || name == "Enabled"
		for _, ctx := range c.registersWith(call) {
			called.Hooks = true
			if i, ok := index[c.origin(ctx)]; ok {
				called.Registers.add(i)
			}
		}
		called.Hooks = called.Hooks || callee.Hooks
		called.Wraps = called.Wraps || callee.Wraps || c.wraps(call)
		called.Shutdown = called.Shutdown || callee.Shutdown || strings.HasPrefix(name, "Shutdown")
	}
	if enabled { // a function that calls Enabled needs no wrapped handler
		called.Hooks, called.Registers = s.Hooks, s.Registers
	}
	*s = called
}

// registersWith returns the contexts, and requests, with which a call registers
// a hook, itself or in the function that is called.
func (c *checker) registersWith(call *ast.CallExpr) []ast.Expr {
	switch c.callOf(call, library) {
	case "Run", "RunContext", "Go":
		return call.Args[:1]
	}
	var with []ast.Expr
	s := c.calleeSummary(call)
	for i, arg := range call.Args {
		if s.Registers.has(i) {
			with = append(with, arg)
		}
	}
	return with
}
