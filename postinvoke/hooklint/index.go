package hooklint

import (
	"go/ast"
	"go/token"
	"go/types"
	"iter"

	"golang.org/x/tools/go/ast/inspector"
)

// A function is a literal, or a declared function or method, perhaps of another
// package. The zero value stands for one that is not known.
type function struct {
	lit  *ast.FuncLit
	decl *types.Func
}

// A variable is what the package assigns to one.
type variable struct {
	param  bool
	values []ast.Expr // nil for a value that is unknown, as with range or &v
}

// index finds the functions of the package, and what it assigns to its variables.
func (c *checker) index() {
	c.bodies = map[function]inspector.Cursor{}
	c.vars = map[*types.Var]*variable{}
	for at := range c.root.Preorder((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil), (*ast.FuncType)(nil),
		(*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.RangeStmt)(nil), (*ast.UnaryExpr)(nil)) {
		switch n := at.Node().(type) {
		case *ast.FuncDecl:
			if f, ok := c.info.Defs[n.Name].(*types.Func); ok && n.Body != nil {
				c.bodies[function{decl: f}] = at
			}
		case *ast.FuncLit:
			c.bodies[function{lit: n}] = at
		case *ast.FuncType:
			for _, param := range c.params(n) {
				if param != nil {
					c.variable(param).param = true
				}
			}
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
		c.variable(v).values = append(c.variable(v).values, value)
	}
}

// variable returns what is known of v, which is nothing for one that another
// package declares.
func (c *checker) variable(v *types.Var) *variable {
	if c.vars[v] == nil {
		c.vars[v] = &variable{}
	}
	return c.vars[v]
}

// varOf returns the variable that an identifier is, and nil for anything else,
// such as a field.
func (c *checker) varOf(e ast.Expr) *types.Var {
	if e == nil {
		return nil
	}
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
	known := c.variable(v)
	if known.param || len(known.values) != 1 || v.Parent() == c.pass.Pkg.Scope() && v.Exported() {
		return nil
	}
	return known.values[0]
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
	case *ast.IndexExpr:
		return c.functionOf(e.X)
	case *ast.IndexListExpr:
		return c.functionOf(e.X)
	}
	return function{}
}

// params returns the parameters of a function, with nil for those without a
// name.
func (c *checker) params(t *ast.FuncType) []*types.Var {
	var params []*types.Var
	for _, field := range t.Params.List {
		if len(field.Names) == 0 {
			params = append(params, nil)
		}
		for _, name := range field.Names {
			v, _ := c.info.Defs[name].(*types.Var)
			params = append(params, v)
		}
	}
	return params
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
// the innermost first, and their types.
func functionsAround(at inspector.Cursor) iter.Seq2[inspector.Cursor, *ast.FuncType] {
	return func(yield func(inspector.Cursor, *ast.FuncType) bool) {
		for outer := range at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
			if outer != at && !yield(outer, functionType(outer.Node())) {
				return
			}
		}
	}
}

// functionAround returns the innermost of them, or nil.
func functionAround(at inspector.Cursor) ast.Node {
	for outer := range functionsAround(at) {
		return outer.Node()
	}
	return nil
}

func functionType(n ast.Node) *ast.FuncType {
	if lit, ok := n.(*ast.FuncLit); ok {
		return lit.Type
	}
	return n.(*ast.FuncDecl).Type
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
