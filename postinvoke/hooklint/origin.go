package hooklint

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// Origins of contexts that derive from no parameter.
var (
	background = types.NewVar(token.NoPos, nil, "background", nil) // has no values, and no end
	detached   = types.NewVar(token.NoPos, nil, "detached", nil)   // has values, and no end
)

// isParameter reports whether an origin is known, and is a parameter.
func isParameter(origin *types.Var) bool {
	return origin != nil && origin != background && origin != detached
}

// origin returns the parameter that a context derives from: a context, or an
// *http.Request. Nil means that it is not known. Such a context ends when the
// parameter does, at the latest.
func (c *checker) origin(e ast.Expr) *types.Var {
	o, _ := c.trace(e, map[*types.Var]bool{})
	return o
}

// trace is origin. It also reports whether e leads back to a variable that is
// being traced, as in ctx = context.WithValue(ctx, …): that says nothing.
func (c *checker) trace(e ast.Expr, tracing map[*types.Var]bool) (origin *types.Var, cycle bool) {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if v := c.varOf(e); v != nil {
			return c.traceVar(v, tracing)
		}
	case *ast.CallExpr:
		switch c.callOf(e, "context") {
		case "Background", "TODO":
			return background, false
		case "WithoutCancel":
			return detached, false
		}
		if from := c.derivesFrom(e); from != nil {
			return c.trace(from, tracing)
		}
	}
	return nil, false
}

func (c *checker) traceVar(v *types.Var, tracing map[*types.Var]bool) (*types.Var, bool) {
	known := c.variable(v)
	if v.IsField() || !isContext(v.Type()) && !isRequest(v.Type()) {
		return nil, false
	}
	if tracing[v] {
		return nil, true
	}
	tracing[v] = true
	defer delete(tracing, v)
	var origin *types.Var
	if known.param {
		origin = v
	} else if v.Parent() == c.pass.Pkg.Scope() {
		return nil, false
	}
	for _, value := range known.values {
		if value == nil {
			return nil, false
		}
		o, cycle := c.trace(value, tracing)
		switch {
		case cycle:
		case o == nil, origin != nil && o != origin:
			return nil, false
		default:
			origin = o
		}
	}
	return origin, false
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
func (c *checker) hasLimit(v *types.Var, seen map[*types.Var]bool) bool {
	if v == nil || seen[v] {
		return false
	}
	seen[v] = true
	for _, value := range c.variable(v).values {
		for value != nil {
			call, ok := ast.Unparen(value).(*ast.CallExpr)
			if !ok {
				break
			}
			name := c.callOf(call, "context")
			if strings.HasPrefix(name, "WithTimeout") || strings.HasPrefix(name, "WithDeadline") {
				return true
			}
			value = c.derivesFrom(call)
		}
		if value != nil && c.hasLimit(c.varOf(value), seen) {
			return true
		}
	}
	return false
}
