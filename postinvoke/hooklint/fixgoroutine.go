package hooklint

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// fix starts the goroutine with Go.
func (g *goroutine) fix() *analysis.SuggestedFix {
	c, call := g.c, g.stmt.Call
	if c.libraryCall(call) != "" {
		return &analysis.SuggestedFix{
			Message:   "Register the hook before the handler goes on",
			TextEdits: []analysis.TextEdit{remove(g.stmt.Pos(), call.Pos())},
		}
	}
	ctx := c.contextInScope(g.at)
	name, edits := c.use(g.stmt.Pos())
	if ctx == "" || name == "" || !c.importedAs(g.stmt.Pos(), "context", "context") {
		return nil
	}
	begin := name + ".Go(" + ctx + ", "
	var own string // the name that the goroutine gives its context
	if v, ok := c.lookup(ctx, g.stmt.Pos()).(*types.Var); ok && v.Name() == ctx {
		own = ctx
	} else if own = "ctx"; mentions(call, own) {
		return nil
	}
	lit, isLit := ast.Unparen(call.Fun).(*ast.FuncLit)
	switch {
	case isLit:
		if !c.passesOwnNames(lit, call) || lit.Type.Results != nil || redeclares(lit.Body, own) {
			return nil
		}
		edits = append(edits,
			analysis.TextEdit{Pos: g.stmt.Pos(), End: lit.Body.Lbrace,
				NewText: []byte(begin + "func(" + own + " context.Context) error ")},
			analysis.TextEdit{Pos: lit.End(), End: call.End(), NewText: []byte(")")})
		edits = append(edits, c.returnErrors(lit.Body)...)
	case len(call.Args) == 1 && c.isHookFunction(call.Fun) && c.source(call.Args[0]) == ctx:
		edits = append(edits, analysis.TextEdit{Pos: g.stmt.Pos(), End: call.End(),
			NewText: []byte(begin + c.source(call.Fun) + ")")})
	case c.keptUntilLater(call):
		text := c.source(call)
		switch results := c.info.TypeOf(call).(type) {
		case *types.Tuple:
			if results.Len() > 0 {
				return nil
			}
			text += "\nreturn nil"
		default:
			if !types.Identical(results, errorType) {
				return nil
			}
			text = "return " + text
		}
		edits = append(edits, analysis.TextEdit{Pos: g.stmt.Pos(), End: call.End(),
			NewText: []byte(begin + "func(" + own + " context.Context) error {\n" + text + "\n})")})
	default:
		return nil
	}
	return &analysis.SuggestedFix{Message: "Start it with postinvoke.Go", TextEdits: edits}
}

// passesOwnNames reports whether a literal is called with variables of the
// names that its parameters have, so that it does without parameters.
func (c *checker) passesOwnNames(lit *ast.FuncLit, call *ast.CallExpr) bool {
	params := c.params(lit.Type)
	if len(params) != len(call.Args) {
		return false
	}
	for i, p := range params {
		v := c.varOf(call.Args[i])
		if p == nil || v == nil || p.Name() != v.Name() || !c.assignedOnce(v) || !c.assignedOnce(p) {
			return false
		}
	}
	return true
}

// keptUntilLater reports whether a call does the same if its arguments are
// evaluated when it is made: they are variables that do not change, their
// fields, or constants.
func (c *checker) keptUntilLater(call *ast.CallExpr) bool {
	if _, ok := root(call.Fun).(*ast.Ident); !ok {
		return false
	}
	for _, arg := range call.Args {
		if c.info.Types[arg].Value != nil {
			continue
		}
		v := c.varOf(root(arg))
		if v == nil || !isContext(v.Type()) && !c.assignedOnce(v) {
			return false
		}
	}
	return true
}

// assignedOnce reports whether nothing but its declaration gives v a value.
func (c *checker) assignedOnce(v *types.Var) bool {
	known := c.vars[v]
	if known == nil {
		return false
	}
	if known.param {
		return len(known.values) == 0
	}
	return len(known.values) == 1
}

// isHookFunction reports whether fn is a func(context.Context) error.
func (c *checker) isHookFunction(fn ast.Expr) bool {
	sig, ok := c.info.TypeOf(fn).(*types.Signature)
	return ok && sig.Params().Len() == 1 && !sig.Variadic() && isNamed(sig.Params().At(0).Type(), "context", "Context") &&
		sig.Results().Len() == 1 && types.Identical(sig.Results().At(0).Type(), errorType)
}
