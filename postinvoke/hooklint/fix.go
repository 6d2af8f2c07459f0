package hooklint

import (
	"go/ast"
	"go/format"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"
)

func replaceRange(from, to token.Pos, text string) analysis.TextEdit {
	return analysis.TextEdit{Pos: from, End: to, NewText: []byte(text)}
}

func replace(n ast.Node, text string) analysis.TextEdit { return replaceRange(n.Pos(), n.End(), text) }

func insert(at token.Pos, text string) analysis.TextEdit { return replaceRange(at, at, text) }

func remove(from, to token.Pos) analysis.TextEdit { return replaceRange(from, to, "") }

// returnErrors makes the body of a func() that of a func() error. If its last
// statement throws an error away, that is returned.
func (c *checker) returnErrors(body *ast.BlockStmt) []analysis.TextEdit {
	var edits []analysis.TextEdit
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			edits = append(edits, insert(n.End(), " nil"))
		}
		return true
	})
	end := "return nil\n"
	if len(body.List) > 0 {
		last := body.List[len(body.List)-1]
		call := c.thrownAway(last)
		results, several := c.info.TypeOf(call).(*types.Tuple)
		switch _, returns := last.(*ast.ReturnStmt); {
		case call != nil && several:
			ignored := strings.Repeat("_, ", results.Len()-1)
			return append(edits, replaceRange(last.Pos(), call.Pos(), "if "+ignored+"err := "),
				insert(call.End(), "; err != nil {\nreturn err\n}\nreturn nil"))
		case call != nil:
			return append(edits, replaceRange(last.Pos(), call.Pos(), "return "))
		case returns:
			return edits
		}
		if file := c.pass.Fset.File(body.Pos()); file.Line(last.End()) == file.Line(body.Rbrace) {
			end = "\n" + end
		}
	}
	return append(edits, insert(body.Rbrace, end))
}

// mentions reports whether an identifier of that name is in n.
func mentions(n ast.Node, name string) bool {
	for n := range ast.Preorder(n) {
		if id, ok := n.(*ast.Ident); ok && id.Name == name {
			return true
		}
	}
	return false
}

// declares reports whether a function has a parameter of that name, or declares
// it in its outermost block.
func (c *checker) declares(lit *ast.FuncLit, name string) bool {
	return c.info.Scopes[lit.Type].Lookup(name) != nil
}

func (c *checker) lookup(name string, pos token.Pos) types.Object {
	scope := c.pass.Pkg.Scope().Innermost(pos)
	if scope == nil {
		return nil
	}
	_, obj := scope.LookupParent(name, pos)
	return obj
}

// importedAs reports whether name means the package of that path at pos.
func (c *checker) importedAs(pos token.Pos, name, path string) bool {
	pkg, ok := c.lookup(name, pos).(*types.PkgName)
	return ok && pkg.Imported().Path() == path
}

// contextInScope returns the name of the context of the innermost function
// around that has one: of its parameter, or of a variable that derives from it. It
// is empty if there is none.
func (c *checker) contextInScope(at inspector.Cursor) string {
	for outer := range functionsAround(at) {
		for _, p := range c.params(outer.Node()) {
			v, ok := c.lookup(p.Name(), at.Node().Pos()).(*types.Var)
			if ok && isContext(p.Type()) && isContext(v.Type()) && isParameter(c.originOfVar(v)) {
				return p.Name()
			}
		}
	}
	return ""
}

// source returns the text of a node.
func (c *checker) source(n ast.Node) string {
	var text strings.Builder
	if err := format.Node(&text, c.pass.Fset, n); err != nil {
		return ""
	}
	return text.String()
}
