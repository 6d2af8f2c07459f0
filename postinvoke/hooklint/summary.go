package hooklint

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

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

func (s *summary) String() string {
	var all []string
	for _, part := range []struct {
		name string
		set  set
	}{{"valuesOnly", s.ValuesOnly}, {"derives", s.Derives}, {"registers", s.Registers}} {
		if part.set != 0 {
			all = append(all, fmt.Sprintf("%s %b", part.name, part.set))
		}
	}
	if s.Wraps {
		all = append(all, "wraps")
	}
	if s.Shutdown {
		all = append(all, "shutdown")
	}
	return strings.Join(all, ", ")
}

// summaryOf returns nil for a function about which nothing is known.
func (c *checker) summaryOf(f *types.Func) *summary {
	if f == nil {
		return nil
	}
	if s := c.summaries[f]; s != nil {
		return s
	}
	var s summary
	if f.Pkg() != nil && f.Pkg() != c.pass.Pkg && c.pass.ImportObjectFact(f, &s) {
		return &s
	}
	return nil
}

// summarize makes the summaries of the package's functions. They depend on
// each other, and so it goes on until nothing changes: ValuesOnly begins with
// all contexts and only ever loses some, the others only ever gain.
func (c *checker) summarize() {
	c.summaries = map[*types.Func]*summary{}
	for f := range c.decls {
		s := &summary{}
		for i, p := range c.params(c.decls[f].Type) {
			if p == nil || isContext(p.Type()) {
				s.ValuesOnly.add(i)
			}
		}
		c.summaries[f] = s
	}
	for changed := true; changed; {
		changed = false
		for f, s := range c.summaries {
			before := *s
			c.update(f, s)
			changed = changed || *s != before
		}
	}
	for f, s := range c.summaries {
		if *s != (summary{}) && f.Exported() {
			c.pass.ExportObjectFact(f, s)
		}
	}
}

func (c *checker) update(f *types.Func, s *summary) {
	decl := c.decls[f]
	if decl.Body == nil { // it is not written in Go
		s.ValuesOnly = 0
		return
	}
	at := c.cursors[decl]
	index := map[*types.Var]int{}
	for i, p := range c.params(decl.Type) {
		if p != nil && (isContext(p.Type()) || isRequest(p.Type())) {
			index[p] = i
		}
	}
	if len(index) > 0 {
		c.updateDerives(f, s, at, index)
		for use := range c.contextUses(at) {
			if i, ok := index[use.origin]; ok && use.kind != harmless {
				s.ValuesOnly &^= 1 << min(i, 63)
			}
		}
	}
	c.updateCalls(s, at, index)
}

func (c *checker) updateDerives(f *types.Func, s *summary, body inspector.Cursor, index map[*types.Var]int) {
	results := f.Signature().Results()
	result := -1
	for i := range results.Len() {
		if isContext(results.At(i).Type()) {
			result = i
		}
	}
	if result < 0 {
		return
	}
	var derives *types.Var
	for at := range body.Preorder((*ast.ReturnStmt)(nil)) {
		r := at.Node().(*ast.ReturnStmt)
		if enclosingFunction(at) != c.decls[f] {
			continue
		}
		var value ast.Expr
		switch {
		case len(r.Results) == results.Len():
			value = r.Results[result]
		case len(r.Results) == 1: // a call with several results
			value = r.Results[0]
		default:
			return
		}
		if c.info.Types[value].IsNil() {
			continue
		}
		o := c.origin(value)
		if o == nil || derives != nil && o != derives {
			return
		}
		derives = o
	}
	if i, ok := index[derives]; ok && derives != nil {
		s.Derives.add(i)
	}
}

// updateCalls finds what the function calls, in the literals in it as well.
func (c *checker) updateCalls(s *summary, body inspector.Cursor, index map[*types.Var]int) {
	asks := false
	var registers set
	for at := range body.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		switch c.libraryCall(call) {
		case "Wrap", "WrapHandler", "Start":
			s.Wraps = true
		case "Enabled":
			asks = true
		case "Shutdown", "ShutdownContext":
			s.Shutdown = true
		}
		for _, ctx := range c.registersWith(call) {
			if i, ok := index[c.origin(ctx)]; ok {
				registers.add(i)
			}
		}
		if called := c.summaryOf(c.callee(call)); called != nil {
			s.Wraps = s.Wraps || called.Wraps
			s.Shutdown = s.Shutdown || called.Shutdown
		}
	}
	if !asks { // whoever asks whether Run may be called needs no wrapped handler
		s.Registers |= registers
	}
}

// registersWith returns the contexts, and requests, with which a call registers
// a hook, itself or in the function that is called.
func (c *checker) registersWith(call *ast.CallExpr) []ast.Expr {
	switch c.libraryCall(call) {
	case "Run", "RunContext", "Go":
		if len(call.Args) == 0 {
			return nil
		}
		return call.Args[:1]
	}
	s := c.summaryOf(c.callee(call))
	if s == nil || s.Registers == 0 {
		return nil
	}
	var with []ast.Expr
	for i, arg := range call.Args {
		if s.Registers.has(i) {
			with = append(with, arg)
		}
	}
	return with
}

// enclosingFunction returns the innermost function literal or declaration
// around a node.
func enclosingFunction(at inspector.Cursor) ast.Node {
	for outer := range at.Parent().Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		return outer.Node()
	}
	return nil
}
