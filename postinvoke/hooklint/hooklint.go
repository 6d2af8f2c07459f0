package hooklint

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
)

// docs is the page with a section for each check, in the published repository.
const docs = "https://example.com/postinvoke/blob/main/docs/hooklint.md"

// page returns docs, or as long as that is a placeholder its place in a checkout:
// internal/rename gives docs the address of the repository.
func page() string {
	if strings.HasPrefix(docs, "https://example.com/") {
		return "docs/hooklint.md"
	}
	return docs
}

// Analyzer finds misuse of postinvoke.
var Analyzer = &analysis.Analyzer{
	Name:      "hooklint",
	Doc:       "find misuse of postinvoke\n\nThe checks are described in " + page() + ".",
	Requires:  []*analysis.Analyzer{inspect.Analyzer},
	FactTypes: []analysis.Fact{new(summary)},
	Run:       run,
}

// The categories of diagnostics, which are the anchors of their sections.
const (
	contextCheck   = "context"   // a hook uses the context of the handler, which has ended
	goroutineCheck = "goroutine" // nothing waits for a goroutine, which is frozen with the environment
	wrapCheck      = "wrap"      // a handler is not wrapped, or not outermost, or gets another context
	lateCheck      = "late"      // a goroutine registers a hook, perhaps when it is too late
	errorCheck     = "error"     // a hook throws away the error of its work
	exitCheck      = "exit"      // a hook ends the process, or Shutdown and WithEnableSIGTERM compete
	replayCheck    = "replay"    // the replayed code of a durable function registers a hook
)

// A checker checks one package.
type checker struct {
	pass      *analysis.Pass
	info      *types.Info
	root      inspector.Cursor
	bodies    map[function]inspector.Cursor // the literals and declarations in this package
	values    map[*types.Var][]ast.Expr     // what is assigned; nil where that is unknown, as with range or &v
	summaries map[function]*summary
	wrapped   map[function]bool // those that the package wraps
	ignored   map[line]bool     // by comments
}

type line struct {
	file *token.File
	n    int // zero for all lines of a generated file
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
	c.findWrapped()
	hooks := c.hooks()
	for _, h := range hooks {
		fixed := c.checkContext(h)
		c.checkError(h, fixed)
		c.checkExit(h)
	}
	c.checkGoroutines(hooks)
	c.checkSIGTERM()
	for at, call := range calls(c.root) {
		c.checkStart(call)
		c.checkBackground(at, call)
		c.checkReplay(at, call)
	}
	return nil, nil
}

func (c *checker) imports(path string) bool {
	return slices.ContainsFunc(c.pass.Pkg.Imports(), func(p *types.Package) bool { return p.Path() == path })
}

// report reports a diagnostic, unless a comment turns it off or the file is
// generated. The message is a problem, a colon, and advice. Edits that follow the
// advice are suggested; there may be none.
func (c *checker) report(at ast.Node, check string, edits []analysis.TextEdit, format string, args ...any) {
	file := c.pass.Fset.File(at.Pos())
	if c.ignored[line{file, 0}] || c.ignored[line{file, file.Line(at.Pos())}] {
		return
	}
	message := fmt.Sprintf(format, args...)
	d := analysis.Diagnostic{
		Pos:      at.Pos(),
		End:      at.End(),
		Category: check,
		Message:  message + " (" + page() + "#" + check + ")",
	}
	if len(edits) > 0 {
		_, advice, _ := strings.Cut(message, ": ")
		d.SuggestedFixes = []analysis.SuggestedFix{{Message: advice, TextEdits: edits}}
	}
	c.pass.Report(d)
}

// readComments finds the lines whose diagnostics are turned off, and the files
// that are generated.
func (c *checker) readComments() {
	c.ignored = map[line]bool{}
	for _, file := range c.pass.Files {
		f := c.pass.Fset.File(file.Pos())
		c.ignored[line{f, 0}] = ast.IsGenerated(file)
		for _, group := range file.Comments {
			for _, comment := range group.List {
				if strings.HasPrefix(comment.Text, "//hooklint:ignore") {
					n := f.Line(comment.Pos())
					c.ignored[line{f, n}], c.ignored[line{f, n + 1}] = true, true
				}
			}
		}
	}
}

func (c *checker) inTest(n ast.Node) bool {
	return strings.HasSuffix(c.pass.Fset.Position(n.Pos()).Filename, "_test.go")
}
