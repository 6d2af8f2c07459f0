package hooklint

import (
	"go/ast"
	"go/token"
	"go/types"
	"iter"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// A useKind is what the end of a context means for a use of it.
type useKind int

const (
	harmless useKind = iota // the context is used for its values, or passed on to a variable
	unknown                 // it is stored, or passed to a function that nothing is known about
	works                   // it is passed to a function that may fail once it has ended
	waits                   // its end is checked
)

// A contextUse is an expression whose value is a context.
type contextUse struct {
	expr   ast.Expr
	v      *types.Var // the context, or the request whose it is
	origin *types.Var
	kind   useKind
	by     ast.Expr // the function or method that works with it
}

// contextUses returns the uses of contexts whose origin is known.
func (c *checker) contextUses(body inspector.Cursor) iter.Seq[contextUse] {
	return func(yield func(contextUse) bool) {
		for at := range body.Preorder((*ast.Ident)(nil), (*ast.CallExpr)(nil)) {
			u := contextUse{expr: at.Node().(ast.Expr)}
			switch n := u.expr.(type) {
			case *ast.Ident:
				v, ok := c.info.Uses[n].(*types.Var)
				if !ok || !isContext(v.Type()) || at.ParentEdgeKind() == edge.AssignStmt_Lhs {
					continue
				}
				u.v = v
			case *ast.CallExpr:
				if !isMethod(c.callee(n), "net/http", "Request", "Context") {
					continue
				}
				if u.v = c.varOf(c.derivesFrom(n)); u.v == nil {
					continue
				}
			}
			if u.origin = c.origin(u.expr); u.origin == nil {
				continue
			}
			u.kind, u.by = c.classify(at)
			if !yield(u) {
				return
			}
		}
	}
}

// classify returns what is done with the context at a place.
func (c *checker) classify(at inspector.Cursor) (useKind, ast.Expr) {
	parent := at.Parent()
	switch at.ParentEdgeKind() {
	case edge.ParenExpr_X:
		return c.classify(parent)
	case edge.CallExpr_Args:
		return c.classifyArgument(at, parent)
	case edge.SelectorExpr_X:
		return c.classifyMethod(parent)
	case edge.AssignStmt_Rhs, edge.ValueSpec_Values:
		if c.goesToVariables(parent.Node()) {
			return harmless, nil
		}
	case edge.BinaryExpr_X, edge.BinaryExpr_Y:
		return harmless, nil
	case edge.ReturnStmt_Results:
		if decl, ok := functionAround(at).(*ast.FuncDecl); ok {
			f, _ := c.info.Defs[decl.Name].(*types.Func)
			if s := c.summaryOf(function{decl: f}); s != nil && s.Derives != 0 {
				return harmless, nil // its callers know
			}
		}
	}
	return unknown, nil
}

// goesToVariables reports whether contexts are assigned to variables, whose
// uses are looked at in their turn.
func (c *checker) goesToVariables(assignment ast.Node) bool {
	a, ok := assignment.(*ast.AssignStmt)
	if !ok {
		return true
	}
	for _, lhs := range a.Lhs {
		if id, ok := lhs.(*ast.Ident); ok && id.Name == "_" || !isContext(c.info.TypeOf(lhs)) {
			continue
		}
		if c.varOf(lhs) == nil || c.origin(lhs) == nil {
			return false
		}
	}
	return true
}

func (c *checker) classifyArgument(at, parent inspector.Cursor) (useKind, ast.Expr) {
	call := parent.Node().(*ast.CallExpr)
	if c.info.Types[call.Fun].IsType() { // a conversion
		return c.classify(parent)
	}
	f := c.callee(call)
	if f == nil {
		return unknown, nil // a function value, or a built-in
	}
	path := packageOf(f)
	if path == library || path == "log/slog" || path == "context" && f.Name() == "WithoutCancel" {
		return harmless, nil
	}
	if from := c.derivesFrom(call); from != nil && ast.Unparen(from) == at.Node() {
		return c.classify(parent)
	}
	s := c.calleeSummary(call)
	switch {
	case s != nil && s.ValuesOnly.has(at.ParentEdgeIndex()):
		return harmless, nil
	case f.Pkg() != c.pass.Pkg && isLogging(f), isInterface(f) && isLogging(f):
		return unknown, nil
	case f.Pkg() == c.pass.Pkg && !isInterface(f), path != "context" && c.canFail(call):
		return works, call.Fun
	}
	return unknown, nil
}

// isLogging reports whether a function logs, by its name.
func isLogging(f *types.Func) bool {
	for _, prefix := range []string{"Log", "Debug", "Info", "Warn", "Error", "Print"} {
		if strings.HasPrefix(f.Name(), prefix) {
			return true
		}
	}
	return false
}

// canFail reports whether a call returns an error, or something that has one:
// a row to scan, a command to run, the result of a query.
func (c *checker) canFail(call *ast.CallExpr) bool {
	if c.returnsError(call) {
		return true
	}
	t := c.info.TypeOf(call)
	for _, name := range []string{"Err", "Scan", "Decode", "Run", "Result", "Error"} {
		switch m, _, _ := types.LookupFieldOrMethod(t, true, nil, name); m := m.(type) {
		case *types.Func:
			if results := m.Signature().Results(); results.Len() > 0 && isError(results.At(results.Len()-1).Type()) {
				return true
			}
		case *types.Var:
			if isError(m.Type()) {
				return true
			}
		}
	}
	return isRequest(t)
}

// classifyMethod classifies the call of a method of a context.
func (c *checker) classifyMethod(selector inspector.Cursor) (useKind, ast.Expr) {
	if selector.ParentEdgeKind() != edge.CallExpr_Fun {
		return unknown, nil
	}
	method := selector.Node().(*ast.SelectorExpr)
	call := selector.Parent()
	switch method.Sel.Name {
	case "Value", "Deadline":
		return harmless, nil
	case "Err":
		if comparison, ok := call.Parent().Node().(*ast.BinaryExpr); ok &&
			(c.info.Types[comparison.X].IsNil() || c.info.Types[comparison.Y].IsNil()) {
			return waits, method
		}
	case "Done":
		receive, ok := call.Parent().Node().(*ast.UnaryExpr)
		if ok && receive.Op == token.ARROW {
			if c.inGo(call) {
				return harmless, nil // it waits for the response
			}
			for range call.Enclosing((*ast.CommClause)(nil)) {
				return waits, method
			}
		}
	}
	return unknown, nil
}

// inGo reports whether the innermost hook around a place is one of Go's.
func (c *checker) inGo(at inspector.Cursor) bool {
	for outer := range functionsAround(at) {
		if call, ok := outer.Parent().Node().(*ast.CallExpr); ok && c.callOf(call, library) != "" {
			return c.callOf(call, library) == "Go"
		}
	}
	return false
}
