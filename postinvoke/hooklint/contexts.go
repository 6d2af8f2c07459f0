package hooklint

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// Origins of contexts that derive from no parameter. They are no variables of the
// package.
var (
	background = types.NewVar(token.NoPos, nil, "background", nil) // has no values, and no end
	detached   = types.NewVar(token.NoPos, nil, "detached", nil)   // has values, and no end

	// cycle is that of ctx in ctx = context.WithValue(ctx, …) while the origin of
	// ctx is looked for: this assignment does not change it.
	cycle = types.NewVar(token.NoPos, nil, "cycle", nil)
)

// origin returns the parameter that a context derives from: a context, or an
// *http.Request. Nil means that it is not known. Such a context ends when the
// parameter does, at the latest. The origins of the variables in tracing are
// being looked for.
func (c *checker) origin(e ast.Expr, tracing ...*types.Var) *types.Var {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if v := c.varOf(e); v != nil {
			return c.originOfVar(v, tracing...)
		}
	case *ast.CallExpr:
		switch c.callOf(e, "context") {
		case "Background", "TODO":
			return background
		case "WithoutCancel":
			return detached
		}
		return c.origin(c.derivesFrom(e), tracing...)
	}
	return nil
}

func (c *checker) originOfVar(v *types.Var, tracing ...*types.Var) (origin *types.Var) {
	switch {
	case v.IsField(), v.Kind() == types.PackageVar, !isContext(v.Type()) && !isRequest(v.Type()):
		return nil
	case slices.Contains(tracing, v):
		return cycle
	case isParameter(v):
		origin = v
	}
	for _, value := range c.values[v] {
		switch o := c.origin(value, append(tracing, v)...); {
		case o == cycle:
		case o == nil, origin != nil && o != origin:
			return nil
		default:
			origin = o
		}
	}
	return origin
}

// derivesFrom returns the argument, or the receiver, that the context or
// request which a call returns derives from.
func (c *checker) derivesFrom(call *ast.CallExpr) ast.Expr {
	f := c.callee(call)
	if f == nil {
		return nil
	}
	switch f.FullName() {
	case "(*net/http.Request).Context":
		if method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			return method.X
		}
	case "(*net/http.Request).WithContext", "(*net/http.Request).Clone",
		"(go.opentelemetry.io/otel/trace.Tracer).Start":
		return call.Args[0]
	}
	if packageOf(f) == "context" && strings.HasPrefix(f.Name(), "With") && f.Name() != "WithoutCancel" {
		return call.Args[0]
	}
	s := c.calleeSummary(call)
	for i, arg := range call.Args {
		if s.Derives.has(i) {
			return arg
		}
	}
	return nil
}

// A useKind is what the end of a context means for a use of it.
type useKind int

const (
	harmless useKind = iota // the context is used for its values, passed on to a variable, or returned
	unknown                 // it is stored, or passed to a function that nothing is known about
	works                   // it is passed to a function that may fail once it has ended
	checks                  // it is checked whether it has ended
	awaits                  // its end is waited for
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
func (c *checker) contextUses(body inspector.Cursor) (uses []contextUse) {
	for at := range body.Preorder((*ast.Ident)(nil), (*ast.CallExpr)(nil)) {
		u := contextUse{expr: at.Node().(ast.Expr)}
		switch n := u.expr.(type) {
		case *ast.Ident:
			if at.ParentEdgeKind() != edge.AssignStmt_Lhs {
				u.v, _ = c.info.Uses[n].(*types.Var)
			}
		case *ast.CallExpr: // r.Context()
			if u.v = c.varOf(c.derivesFrom(n)); u.v != nil && !isRequest(u.v.Type()) {
				continue
			}
		}
		if u.v == nil || !isContext(c.info.TypeOf(u.expr)) {
			continue
		}
		if u.origin = c.origin(u.expr); u.origin != nil {
			u.kind, u.by = c.classify(at)
			uses = append(uses, u)
		}
	}
	return uses
}

// classify returns what is done with the context at a place.
func (c *checker) classify(at inspector.Cursor) (useKind, ast.Expr) {
	parent := at.Parent()
	switch at.ParentEdgeKind() {
	case edge.CallExpr_Args:
		return c.classifyArgument(at, parent)
	case edge.SelectorExpr_X:
		return c.classifyMethod(parent)
	case edge.AssignStmt_Rhs:
		isNoVariable := func(lhs ast.Expr) bool { return c.varOf(lhs) == nil && types.ExprString(lhs) != "_" }
		if !slices.ContainsFunc(parent.Node().(*ast.AssignStmt).Lhs, isNoVariable) {
			return harmless, nil // the uses of the variables are looked at in their turn
		}
	case edge.ValueSpec_Values, edge.BinaryExpr_X, edge.BinaryExpr_Y, edge.ReturnStmt_Results:
		return harmless, nil
	}
	return unknown, nil
}

func (c *checker) classifyArgument(at, parent inspector.Cursor) (useKind, ast.Expr) {
	call := parent.Node().(*ast.CallExpr)
	f := c.callee(call)
	if f == nil {
		return unknown, nil // a function value, a conversion or a built-in
	}
	path := packageOf(f)
	if path == library || path == "log/slog" || path == "context" && f.Name() == "WithoutCancel" {
		return harmless, nil
	}
	if from := c.derivesFrom(call); from != nil && ast.Unparen(from) == at.Node() {
		return c.classify(parent)
	}
	switch {
	case c.calleeSummary(call).ValuesOnly.has(at.ParentEdgeIndex()):
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
	t := c.info.TypeOf(call)
	return endsInError(t) || slices.ContainsFunc([]string{"Err", "Scan", "Run"}, func(name string) bool {
		m, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
		f, ok := m.(*types.Func)
		return ok && endsInError(f.Signature().Results())
	})
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
			return checks, method
		}
	case "Done":
		receive, ok := call.Parent().Node().(*ast.UnaryExpr)
		if ok && receive.Op == token.ARROW {
			if c.inGo(call) {
				return harmless, nil // it waits for the response
			}
			for range call.Enclosing((*ast.CommClause)(nil)) {
				return awaits, method
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
