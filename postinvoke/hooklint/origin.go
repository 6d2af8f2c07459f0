package hooklint

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Origins of contexts that derive from no parameter.
var (
	background = types.NewVar(token.NoPos, nil, "background", nil) // has no values, and no end
	detached   = types.NewVar(token.NoPos, nil, "detached", nil)   // has values, and no end

	// cycle is that of ctx in ctx = context.WithValue(ctx, …) while the origin of
	// ctx is looked for: this assignment does not change it.
	cycle = types.NewVar(token.NoPos, nil, "cycle", nil)
)

// isParameter reports whether an origin is known, and is a parameter.
func isParameter(origin *types.Var) bool {
	return origin != nil && origin != background && origin != detached
}

// origin returns the parameter that a context derives from: a context, or an
// *http.Request. Nil means that it is not known. Such a context ends when the
// parameter does, at the latest.
func (c *checker) origin(e ast.Expr) *types.Var { return c.trace(e, map[*types.Var]bool{}) }

func (c *checker) trace(e ast.Expr, tracing map[*types.Var]bool) *types.Var {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if v := c.varOf(e); v != nil {
			return c.traceVar(v, tracing)
		}
	case *ast.CallExpr:
		switch c.callOf(e, "context") {
		case "Background", "TODO":
			return background
		case "WithoutCancel":
			return detached
		}
		return c.trace(c.derivesFrom(e), tracing)
	}
	return nil
}

func (c *checker) traceVar(v *types.Var, tracing map[*types.Var]bool) *types.Var {
	known := c.variable(v)
	switch {
	case v.IsField(), !isContext(v.Type()) && !isRequest(v.Type()),
		!known.param && v.Parent() == c.pass.Pkg.Scope():
		return nil
	case tracing[v]:
		return cycle
	}
	tracing[v] = true
	defer delete(tracing, v)
	var origin *types.Var
	if known.param {
		origin = v
	}
	for _, value := range known.values {
		switch o := c.trace(value, tracing); {
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
	if packageOf(f) == "context" && strings.HasPrefix(f.Name(), "With") && f.Name() != "WithoutCancel" {
		return call.Args[0]
	}
	if receiver, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		switch {
		case isMethod(f, "net/http", "Request", "Context"):
			return receiver.X
		case isMethod(f, "net/http", "Request", "WithContext"), isMethod(f, "net/http", "Request", "Clone"),
			isMethod(f, "go.opentelemetry.io/otel/trace", "Tracer", "Start"):
			return call.Args[0]
		}
	}
	if s := c.calleeSummary(call); s != nil {
		for i, arg := range call.Args {
			if s.Derives.has(i) {
				return arg
			}
		}
	}
	return nil
}

// hasLimit reports whether a context is one of WithTimeout or WithDeadline, or
// derives from one.
func (c *checker) hasLimit(ctx ast.Expr, seen map[*types.Var]bool) bool {
	if v := c.varOf(ctx); v != nil {
		if seen[v] {
			return false
		}
		seen[v] = true
		return slices.ContainsFunc(c.variable(v).values, func(e ast.Expr) bool { return c.hasLimit(e, seen) })
	}
	call, ok := ast.Unparen(ctx).(*ast.CallExpr)
	if !ok {
		return false
	}
	name := c.callOf(call, "context")
	return strings.HasPrefix(name, "WithTimeout") || strings.HasPrefix(name, "WithDeadline") ||
		c.hasLimit(c.derivesFrom(call), seen)
}
