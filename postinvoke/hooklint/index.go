package hooklint

import (
	"go/ast"
	"go/token"
	"go/types"
	"iter"
	"slices"

	"golang.org/x/tools/go/ast/inspector"
)

// A function is a literal, or a declared function or method, perhaps of another
// package. The zero value stands for one that is not known.
type function struct {
	lit  *ast.FuncLit
	decl *types.Func
}

// index finds the functions of the package, and what it assigns to its variables.
func (c *checker) index() {
	c.bodies = map[function]inspector.Cursor{}
	c.values = map[*types.Var][]ast.Expr{}
	for at := range c.root.Preorder((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil), (*ast.AssignStmt)(nil),
		(*ast.ValueSpec)(nil), (*ast.RangeStmt)(nil), (*ast.UnaryExpr)(nil)) {
		switch n := at.Node().(type) {
		case *ast.FuncDecl:
			if f, ok := c.info.Defs[n.Name].(*types.Func); ok && n.Body != nil {
				c.bodies[function{decl: f}] = at
			}
		case *ast.FuncLit:
			c.bodies[function{lit: n}] = at
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				c.assign(lhs, valueOf(n.Rhs, i))
			}
		case *ast.ValueSpec:
			if len(n.Values) == 0 {
				continue // nil until it is assigned
			}
			for i, name := range n.Names {
				c.assign(name, valueOf(n.Values, i))
			}
		case *ast.RangeStmt:
			c.assign(n.Key, nil)
			c.assign(n.Value, nil)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				c.assign(n.X, nil)
			}
		}
	}
}

// valueOf returns what is assigned to the variable i: a call may have several
// results.
func valueOf(values []ast.Expr, i int) ast.Expr {
	if len(values) == 1 {
		return values[0]
	}
	return values[i]
}

func (c *checker) assign(lhs, value ast.Expr) {
	if v := c.varOf(lhs); v != nil {
		c.values[v] = append(c.values[v], value)
	}
}

func isParameter(v *types.Var) bool { return v != nil && v.Kind() == types.ParamVar }

// varOf returns the variable that an identifier is, and nil for anything else,
// such as a field.
func (c *checker) varOf(e ast.Expr) *types.Var {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return nil
	}
	v, _ := c.info.ObjectOf(id).(*types.Var)
	return v
}

// valueOfVar returns what a variable stands for, if it is assigned once. An
// exported variable of the package may be assigned elsewhere.
func (c *checker) valueOfVar(v *types.Var) ast.Expr {
	if isParameter(v) || len(c.values[v]) != 1 || v.Kind() == types.PackageVar && v.Exported() {
		return nil
	}
	return c.values[v][0]
}

// functionOf returns the function that an expression stands for.
func (c *checker) functionOf(e ast.Expr) function {
	switch e := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		return function{lit: e}
	case *ast.Ident:
		switch obj := c.info.ObjectOf(e).(type) {
		case *types.Func:
			return function{decl: obj.Origin()}
		case *types.Var:
			value := c.valueOfVar(obj)
			if _, ok := value.(*ast.CallExpr); value != nil && !ok {
				return c.functionOf(value)
			}
		}
	case *ast.SelectorExpr:
		if f, ok := c.info.ObjectOf(e.Sel).(*types.Func); ok {
			return function{decl: f.Origin()}
		}
	}
	return function{}
}

// params returns the parameters of a function literal or declaration.
func (c *checker) params(n ast.Node) []*types.Var {
	var t types.Type
	switch n := n.(type) {
	case *ast.FuncLit:
		t = c.info.TypeOf(n)
	case *ast.FuncDecl:
		t = c.info.Defs[n.Name].Type()
	}
	return slices.Collect(t.(*types.Signature).Params().Variables())
}

// calls returns the calls in a node, those in function literals included.
func calls(in inspector.Cursor) iter.Seq2[inspector.Cursor, *ast.CallExpr] {
	return func(yield func(inspector.Cursor, *ast.CallExpr) bool) {
		for at := range in.Preorder((*ast.CallExpr)(nil)) {
			if !yield(at, at.Node().(*ast.CallExpr)) {
				return
			}
		}
	}
}

// functionsAround returns the function literals and declarations around a node,
// the innermost first.
func functionsAround(at inspector.Cursor) iter.Seq[inspector.Cursor] {
	return at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil))
}

// functionAround returns the innermost of them, or nil.
func functionAround(at inspector.Cursor) ast.Node {
	for outer := range functionsAround(at) {
		return outer.Node()
	}
	return nil
}

// root returns x of x.y.z.
func root(e ast.Expr) ast.Expr {
	for {
		s, ok := ast.Unparen(e).(*ast.SelectorExpr)
		if !ok {
			return ast.Unparen(e)
		}
		e = s.X
	}
}

func declaredIn(outer ast.Node, obj types.Object) bool {
	return outer.Pos() <= obj.Pos() && obj.Pos() < outer.End()
}
