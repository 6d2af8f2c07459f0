package hooklint

import (
	"go/ast"
	"go/format"
	"go/token"
	"go/types"
	"slices"
	"strconv"
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
	if len(body.List) > 0 {
		last := body.List[len(body.List)-1]
		if call := c.thrownAway(last); call != nil {
			return append(edits, c.returnCall(last, call)...)
		}
		if terminates(last) {
			return edits
		}
	}
	end := "return nil\n"
	if file := c.pass.Fset.File(body.Pos()); file.Line(body.Lbrace) == file.Line(body.Rbrace) && len(body.List) > 0 {
		end = "\n" + end
	}
	return append(edits, insert(body.Rbrace, end))
}

// returnCall makes a statement that throws away the error of a call return it.
func (c *checker) returnCall(stmt ast.Stmt, call *ast.CallExpr) []analysis.TextEdit {
	results, ok := c.info.TypeOf(call).(*types.Tuple)
	if !ok {
		return []analysis.TextEdit{replaceRange(stmt.Pos(), call.Pos(), "return ")}
	}
	return []analysis.TextEdit{
		replaceRange(stmt.Pos(), call.Pos(), "if "+strings.Repeat("_, ", results.Len()-1)+"err := "),
		insert(call.End(), "; err != nil {\nreturn err\n}\nreturn nil"),
	}
}

// terminates reports whether nothing can follow a statement. It covers the
// common ones: after others a return is superfluous, and still compiles.
func terminates(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.ForStmt:
		return s.Cond == nil && !found(s, func(n ast.Node) bool {
			b, ok := n.(*ast.BranchStmt) // a break or goto, wherever it leads
			return ok && b.Tok != token.CONTINUE
		})
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		return ok && types.ExprString(call.Fun) == "panic"
	}
	return false
}

// found reports whether a node in n is one that is looked for.
func found(n ast.Node, isIt func(ast.Node) bool) bool {
	for n := range ast.Preorder(n) {
		if isIt(n) {
			return true
		}
	}
	return false
}

// mentions reports whether an identifier of that name is in n.
func mentions(n ast.Node, name string) bool {
	return found(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		return ok && id.Name == name
	})
}

// redeclares reports whether a body declares a name that its function cannot
// give to a parameter then. A context and its cancel function may be declared
// together: the parameter is assigned to.
func redeclares(body *ast.BlockStmt, name string) bool {
	for _, stmt := range body.List {
		switch s := stmt.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE && len(s.Lhs) == 1 && mentions(s.Lhs[0], name) {
				return true
			}
		case *ast.DeclStmt:
			if mentions(s, name) {
				return true
			}
		}
	}
	return false
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

// use returns the name that postinvoke has at pos, and imports it if the file
// does not. The name is empty if that cannot be done.
func (c *checker) use(pos token.Pos) (name string, edits []analysis.TextEdit) {
	i := slices.IndexFunc(c.pass.Files, func(f *ast.File) bool { return f.FileStart <= pos && pos < f.FileEnd })
	var last *ast.ImportSpec
	for _, last = range c.pass.Files[i].Imports {
		pkg := c.info.PkgNameOf(last)
		if pkg == nil || pkg.Imported().Path() != library {
			continue
		}
		if !c.importedAs(pos, pkg.Name(), library) {
			return "", nil
		}
		return pkg.Name(), nil
	}
	if last == nil || c.lookup("postinvoke", pos) != nil {
		return "", nil
	}
	text := "\n\nimport " + strconv.Quote(library)
	if at, ok := c.root.FindNode(last); ok && at.Parent().Node().(*ast.GenDecl).Lparen.IsValid() {
		text = "\n\n\t" + strconv.Quote(library)
	}
	return "postinvoke", []analysis.TextEdit{insert(last.End(), text)}
}

// dropImport removes the import that id, the name of a package, refers to if
// nothing else in the file does.
func (c *checker) dropImport(id *ast.Ident) []analysis.TextEdit {
	pkg, ok := c.info.Uses[id].(*types.PkgName)
	if !ok {
		return nil
	}
	for other, obj := range c.info.Uses {
		if obj == pkg && other != id {
			return nil
		}
	}
	at, _ := c.root.FindByPos(pkg.Pos(), pkg.Pos())
	for spec := range at.Enclosing((*ast.ImportSpec)(nil)) {
		n := spec.Node()
		if decl := spec.Parent().Node().(*ast.GenDecl); len(decl.Specs) == 1 {
			n = decl
		}
		return []analysis.TextEdit{replace(n, "")}
	}
	return nil
}

// contextInScope returns an expression for the context of the innermost
// function around that has one: the name of a variable that derives from its
// parameter, or r.Context(). It is empty if there is none.
func (c *checker) contextInScope(at inspector.Cursor) string {
	for _, t := range functionsAround(at) {
		for _, p := range c.params(t) {
			if p == nil || p.Name() == "_" {
				continue
			}
			v, ok := c.lookup(p.Name(), at.Node().Pos()).(*types.Var)
			switch {
			case !ok:
			case isContext(p.Type()) && isContext(v.Type()):
				if isParameter(c.traceVar(v, map[*types.Var]bool{})) {
					return p.Name()
				}
			case isRequest(p.Type()) && v == p:
				return p.Name() + ".Context()"
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
