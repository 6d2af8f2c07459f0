package hooklint

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
)

// A variable is what the package assigns to one.
type variable struct {
	param  bool
	values []ast.Expr // nil for a value that is unknown, as with range or &v
}

// index finds the functions that the package declares, and what it assigns to
// its variables.
func (c *checker) index() {
	c.decls = map[*types.Func]*ast.FuncDecl{}
	c.cursors = map[ast.Node]inspector.Cursor{}
	c.vars = map[*types.Var]*variable{}
	for at := range c.root.Preorder((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil), (*ast.FuncType)(nil),
		(*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.RangeStmt)(nil), (*ast.UnaryExpr)(nil)) {
		switch n := at.Node().(type) {
		case *ast.FuncDecl:
			if f, ok := c.info.Defs[n.Name].(*types.Func); ok {
				c.decls[f] = n
				c.cursors[n] = at
			}
		case *ast.FuncLit:
			c.cursors[n] = at
		case *ast.FuncType:
			for _, field := range n.Params.List {
				for _, name := range field.Names {
					if v, ok := c.info.Defs[name].(*types.Var); ok {
						c.variable(v).param = true
					}
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

func (c *checker) variable(v *types.Var) *variable {
	if c.vars[v] == nil {
		c.vars[v] = &variable{}
	}
	return c.vars[v]
}

// varOf returns the variable that an identifier is, and nil for anything else,
// such as a field.
func (c *checker) varOf(e ast.Expr) *types.Var {
	id, ok := e.(*ast.Ident)
	if !ok {
		if e == nil {
			return nil
		}
		if id, ok = ast.Unparen(e).(*ast.Ident); !ok {
			return nil
		}
	}
	v, _ := c.info.ObjectOf(id).(*types.Var)
	return v
}

// valueOfVar returns what a variable stands for, if it is assigned once. An
// exported variable of the package may be assigned elsewhere.
func (c *checker) valueOfVar(v *types.Var) ast.Expr {
	known := c.vars[v]
	if known == nil || known.param || len(known.values) != 1 {
		return nil
	}
	if v.Parent() == c.pass.Pkg.Scope() && v.Exported() {
		return nil
	}
	return known.values[0]
}

// functionOf returns the literal, or the declared function or method, that an
// expression stands for. Both are nil if that is not known.
func (c *checker) functionOf(e ast.Expr) (*ast.FuncLit, *types.Func) {
	switch e := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		return e, nil
	case *ast.Ident:
		switch obj := c.info.ObjectOf(e).(type) {
		case *types.Func:
			return nil, obj.Origin()
		case *types.Var:
			if value := c.valueOfVar(obj); value != nil {
				if _, ok := ast.Unparen(value).(*ast.CallExpr); !ok {
					return c.functionOf(value)
				}
			}
		}
	case *ast.SelectorExpr:
		if f, ok := c.info.ObjectOf(e.Sel).(*types.Func); ok {
			return nil, f.Origin()
		}
	case *ast.IndexExpr:
		return c.functionOf(e.X)
	case *ast.IndexListExpr:
		return c.functionOf(e.X)
	}
	return nil, nil
}

// bodyOf returns the node with parameters and body of a literal or a function
// that the package declares.
func (c *checker) bodyOf(lit *ast.FuncLit, f *types.Func) (ast.Node, *ast.FuncType, *ast.BlockStmt) {
	if lit != nil {
		return lit, lit.Type, lit.Body
	}
	if d := c.decls[f]; d != nil && d.Body != nil {
		return d, d.Type, d.Body
	}
	return nil, nil, nil
}

// calledBody is bodyOf for the function that is called.
func (c *checker) calledBody(call *ast.CallExpr) (ast.Node, *ast.FuncType, *ast.BlockStmt) {
	return c.bodyOf(c.functionOf(call.Fun))
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

// contains reports whether n is inside of outer.
func contains(outer, n ast.Node) bool { return outer.Pos() <= n.Pos() && n.End() <= outer.End() }

func declaredIn(outer ast.Node, obj types.Object) bool {
	return outer.Pos() <= obj.Pos() && obj.Pos() < outer.End()
}
