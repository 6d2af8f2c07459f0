package hooklint

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
)

// A set of parameters, by index. Those beyond the sixty-fourth are not in it.
type set uint64

func (s set) has(i int) bool { return i < 64 && s&(1<<i) != 0 }

func (s *set) add(i int) {
	if i < 64 {
		*s |= 1 << i
	}
}

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
	// Wraps is whether the function wraps a handler.
	Wraps bool
	// Shutdown is whether the function registers a shutdown function.
	Shutdown bool
}

func (*summary) AFact() {}

// summaryOf returns nil for a function about which nothing is known.
func (c *checker) summaryOf(fn function) *summary {
	if fn.lit != nil {
		s := &summary{}
		c.updateCalls(s, c.bodies[fn], c.contextParams(fn.lit.Type))
		return s
	}
	if s := c.summaries[fn]; s != nil || fn.decl == nil {
		return s
	}
	var s summary
	if fn.decl.Pkg() != nil && fn.decl.Pkg() != c.pass.Pkg && c.pass.ImportObjectFact(fn.decl, &s) {
		return &s
	}
	return nil
}

// calleeSummary is summaryOf for the function that is called.
func (c *checker) calleeSummary(call *ast.CallExpr) *summary {
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
		for i, p := range c.params(functionType(body.Node())) {
			if p == nil || isContext(p.Type()) {
				s.ValuesOnly.add(i)
			}
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
	index := c.contextParams(functionType(body.Node()))
	if len(index) > 0 {
		if derives, ok := index[c.resultDerivesFrom(fn)]; ok {
			s.Derives.add(derives)
		}
		for use := range c.contextUses(body) {
			if i, ok := index[use.origin]; ok && use.kind != harmless {
				s.ValuesOnly &^= 1 << min(i, 63)
			}
		}
	}
	c.updateCalls(s, body, index)
}

// contextParams returns the places of the parameters that are contexts or requests.
func (c *checker) contextParams(t *ast.FuncType) map[*types.Var]int {
	index := map[*types.Var]int{}
	for i, p := range c.params(t) {
		if p != nil && (isContext(p.Type()) || isRequest(p.Type())) {
			index[p] = i
		}
	}
	return index
}

// resultDerivesFrom returns the parameter that the context which a function
// returns derives from, and nil if that is not known.
func (c *checker) resultDerivesFrom(fn function) *types.Var {
	results := fn.decl.Signature().Results()
	result := -1
	for i := range results.Len() {
		if isContext(results.At(i).Type()) {
			result = i
		}
	}
	if result < 0 {
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
		value := valueOf(returned, result)
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
	enabled := false
	var registers set
	for _, call := range calls(body) {
		switch c.callOf(call, library) {
		case "Enabled":
			enabled = true
		case "Shutdown", "ShutdownContext":
			s.Shutdown = true
		}
		for _, ctx := range c.registersWith(call) {
			if i, ok := index[c.origin(ctx)]; ok {
				registers.add(i)
			}
		}
		called := c.calleeSummary(call)
		s.Wraps = s.Wraps || c.wraps(call) || called != nil && called.Wraps
		s.Shutdown = s.Shutdown || called != nil && called.Shutdown
	}
	if !enabled { // a function that calls Enabled needs no wrapped handler
		s.Registers |= registers
	}
}

// registersWith returns the contexts, and requests, with which a call registers
// a hook, itself or in the function that is called.
func (c *checker) registersWith(call *ast.CallExpr) []ast.Expr {
	switch c.callOf(call, library) {
	case "Run", "RunContext", "Go":
		return call.Args[:1]
	}
	var with []ast.Expr
	if s := c.calleeSummary(call); s != nil {
		for i, arg := range call.Args {
			if s.Registers.has(i) {
				with = append(with, arg)
			}
		}
	}
	return with
}

// registersIn reports whether a literal registers a hook.
func (c *checker) registersIn(lit *ast.FuncLit) bool {
	if lit == nil {
		return false
	}
	for _, call := range calls(c.bodies[function{lit: lit}]) {
		if len(c.registersWith(call)) > 0 {
			return true
		}
	}
	return false
}
