package hooklint

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
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
