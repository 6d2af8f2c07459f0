package hooklint

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
)

// docs is the page with a section for each check.
const docs = "https://example.com/postinvoke/blob/main/docs/hooklint.md"

// Analyzer finds misuse of postinvoke.
var Analyzer = &analysis.Analyzer{
	Name:      "hooklint",
	Doc:       "find misuse of postinvoke\n\nThe checks are described at " + docs + ".",
	URL:       docs,
	Requires:  []*analysis.Analyzer{inspect.Analyzer},
	FactTypes: []analysis.Fact{new(summary)},
	Run:       run,
}

// The categories of diagnostics, which are the anchors of their sections.
const (
	contextCheck   = "context"
	goroutineCheck = "goroutine"
	wrapCheck      = "wrap"
	lateCheck      = "late"
	errorCheck     = "error"
	exitCheck      = "exit"
	replayCheck    = "replay"
)

// A checker checks one package.
type checker struct {
	pass      *analysis.Pass
	info      *types.Info
	root      inspector.Cursor
	decls     map[*types.Func]*ast.FuncDecl
	cursors   map[ast.Node]inspector.Cursor // of function declarations and literals
	vars      map[*types.Var]*variable
	summaries map[*types.Func]*summary
	ignored   map[string]map[int]bool // file name to lines
	generated map[*token.File]bool
}

func run(pass *analysis.Pass) (any, error) {
	if pass.Pkg.Path() == library {
		return nil, nil
	}
	c := &checker{
		pass: pass,
		info: pass.TypesInfo,
		root: pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root(),
	}
	c.index()
	c.summarize()
	if !c.imports(library) && !c.imports(lambdaPath) && !c.imports(lambdaurlPath) {
		return nil, nil // nothing to report, only facts for others
	}
	c.readComments()
	hooks := c.hooks()
	for _, h := range hooks {
		fixed := c.checkContext(h)
		c.checkError(h, fixed)
		c.checkExit(h)
		c.checkReplay(h)
		c.checkBackground(h)
	}
	c.checkReplayedCalls()
	c.checkGoroutines(hooks)
	c.checkStarts()
	c.checkWrappedCalls()
	c.checkSIGTERM(hooks)
	return nil, nil
}

func (c *checker) imports(path string) bool {
	for _, p := range c.pass.Pkg.Imports() {
		if p.Path() == path {
			return true
		}
	}
	return false
}

// report reports a diagnostic, unless a comment turns it off or the file is
// generated. Its fix may be nil.
func (c *checker) report(at ast.Node, check string, fix *analysis.SuggestedFix, format string, args ...any) {
	file := c.pass.Fset.File(at.Pos())
	position := c.pass.Fset.Position(at.Pos())
	if c.generated[file] || c.ignored[position.Filename][position.Line] {
		return
	}
	url := docs + "#" + check
	d := analysis.Diagnostic{
		Pos:      at.Pos(),
		End:      at.End(),
		Category: check,
		Message:  fmt.Sprintf(format, args...) + " (" + url + ")",
		URL:      url,
	}
	if fix != nil && len(fix.TextEdits) > 0 {
		d.SuggestedFixes = []analysis.SuggestedFix{*fix}
	}
	c.pass.Report(d)
}

// readComments finds the lines whose diagnostics are turned off, and the files
// that are generated.
func (c *checker) readComments() {
	c.ignored = map[string]map[int]bool{}
	c.generated = map[*token.File]bool{}
	for _, file := range c.pass.Files {
		c.generated[c.pass.Fset.File(file.Pos())] = ast.IsGenerated(file)
		for _, group := range file.Comments {
			for _, comment := range group.List {
				if !strings.HasPrefix(comment.Text, "//hooklint:ignore") {
					continue
				}
				position := c.pass.Fset.Position(comment.Pos())
				lines := c.ignored[position.Filename]
				if lines == nil {
					lines = map[int]bool{}
					c.ignored[position.Filename] = lines
				}
				lines[position.Line], lines[position.Line+1] = true, true
			}
		}
	}
}

func (c *checker) inTest(n ast.Node) bool {
	return strings.HasSuffix(c.pass.Fset.Position(n.Pos()).Filename, "_test.go")
}
