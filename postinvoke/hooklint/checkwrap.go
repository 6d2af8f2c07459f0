package hooklint

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

type handlerKind int

const (
	unknownHandler handlerKind = iota
	plainHandler               // a function of this package, or of another
	wrappedHandler
	coveredHandler // a wrapped one inside a middleware
)

// A handler is what an expression that stands for one is known to be.
type handler struct {
	kind      handlerKind
	lit       *ast.FuncLit  // what a plain handler is
	function  *types.Func   // what a plain handler is
	node      ast.Node      // of a plain handler, if this package declares it
	registers bool          // whether a plain handler registers hooks
	wrap      *ast.CallExpr // the call of Wrap in the middle of a covered handler
	around    ast.Expr      // the middleware around it
}

// handlerOf finds out what handler an expression is.
func (c *checker) handlerOf(e ast.Expr) handler {
	e = ast.Unparen(e)
	if v := c.varOf(e); v != nil {
		return c.handlerOfVar(v)
	}
	if lit, f := c.functionOf(e); lit != nil || f != nil {
		return c.plain(lit, f)
	}
	if f := c.invokeOf(c.info.TypeOf(e)); f != nil {
		return c.plain(nil, f)
	}
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return handler{}
	}
	switch c.libraryCall(call) {
	case "Wrap", "WrapHandler":
		return handler{kind: wrappedHandler, wrap: call}
	}
	if c.keepsHandler(call) {
		return c.handlerOf(call.Args[0])
	}
	return c.handlerInMiddleware(call)
}

func (c *checker) handlerOfVar(v *types.Var) handler {
	known := c.vars[v]
	if known == nil || known.param || v.IsField() {
		return handler{}
	}
	if value := c.valueOfVar(v); value != nil {
		h := c.handlerOf(value)
		if h.kind == unknownHandler {
			if f := c.invokeOf(v.Type()); f != nil {
				return c.plain(nil, f)
			}
		}
		return h
	}
	if len(known.values) == 0 {
		if f := c.invokeOf(v.Type()); f != nil {
			return c.plain(nil, f)
		}
		return handler{}
	}
	return handler{}
}

// invokeOf returns the Invoke method of a lambda.Handler that this package
// implements.
func (c *checker) invokeOf(t types.Type) *types.Func {
	if t == nil || types.IsInterface(t) {
		return nil
	}
	obj, _, _ := types.LookupFieldOrMethod(t, true, c.pass.Pkg, "Invoke")
	f, ok := obj.(*types.Func)
	if !ok || c.decls[f.Origin()] == nil {
		return nil
	}
	return f.Origin()
}

func (c *checker) plain(lit *ast.FuncLit, f *types.Func) handler {
	h := handler{kind: plainHandler, lit: lit, function: f}
	h.node, _, _ = c.bodyOf(lit, f)
	if lit != nil {
		s := &summary{}
		index := map[*types.Var]int{}
		for i, p := range c.params(lit.Type) {
			if p != nil {
				index[p] = i
			}
		}
		c.updateCalls(s, c.cursors[lit], index)
		h.registers = s.Registers != 0
	} else if s := c.summaryOf(f); s != nil {
		h.registers = s.Registers != 0
	}
	return h
}

// keepsHandler reports whether a call returns the handler it is given, in
// another form.
func (c *checker) keepsHandler(call *ast.CallExpr) bool {
	if c.info.Types[call.Fun].IsType() {
		return true
	}
	switch c.callOf(call, lambdaPath) {
	case "NewHandler", "NewHandlerWithOptions":
		return true
	}
	return c.callOf(call, lambdaurlPath) == "Wrap"
}

// handlerInMiddleware finds out about a call that is given a handler, and
// returns another.
func (c *checker) handlerInMiddleware(call *ast.CallExpr) handler {
	f := c.callee(call)
	if s := c.summaryOf(f); f == nil || isInterface(f) || s != nil && s.Wraps {
		return handler{}
	}
	var plain handler
	known := true
	for _, arg := range call.Args {
		if !c.mayBeHandler(arg) {
			continue
		}
		h := c.handlerOf(arg)
		switch h.kind {
		case wrappedHandler:
			return handler{kind: coveredHandler, wrap: h.wrap, around: call.Fun}
		case coveredHandler:
			return h
		case plainHandler:
			if h.registers {
				plain = h
			}
		default:
			known = false
		}
		if lit, f := c.functionOf(arg); lit != nil && c.wrapsIn(lit) || c.summaryOf(f) != nil && c.summaryOf(f).Wraps {
			known = false
		}
	}
	if !known {
		return handler{}
	}
	return plain
}

func (c *checker) wrapsIn(lit *ast.FuncLit) bool {
	s := &summary{}
	c.updateCalls(s, c.cursors[lit], nil)
	return s.Wraps
}

// mayBeHandler reports whether an argument may be a handler, or wrap one: a
// function, or something with methods.
func (c *checker) mayBeHandler(arg ast.Expr) bool {
	t := c.info.TypeOf(arg)
	if t == nil || isContext(t) || c.info.Types[arg].IsNil() {
		return false
	}
	switch t.Underlying().(type) {
	case *types.Signature, *types.Interface, *types.Slice:
		return true
	}
	return c.invokeOf(t) != nil
}

// checkStarts reports handlers that are given to aws-lambda-go, and register
// hooks, without being wrapped, or being wrapped inside of something else.
func (c *checker) checkStarts() {
	wrapped := map[any]bool{} // somewhere in the package: what it does may depend on it
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		switch c.libraryCall(call) {
		case "Wrap", "WrapHandler", "Start":
			h := c.handlerOf(call.Args[0])
			wrapped[h.lit], wrapped[h.function] = true, true
		}
	}
	wrapped[(*ast.FuncLit)(nil)], wrapped[(*types.Func)(nil)] = false, false
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		name := c.callOf(call, lambdaPath)
		i := 0
		switch name {
		case "Start", "StartWithOptions", "StartHandler", "StartHandlerFunc":
		case "StartWithContext", "StartHandlerWithContext":
			i = 1
		default:
			if name = c.callOf(call, lambdaurlPath); name != "Start" {
				continue
			}
		}
		if len(call.Args) <= i {
			continue
		}
		given := call.Args[i]
		switch h := c.handlerOf(given); {
		case h.kind == coveredHandler:
			c.report(h.wrap, wrapCheck, c.fixCovered(call, given, h), "%s is around the wrapped handler, and may "+
				"end its context before the response is sent: wrap what %s returns",
				types.ExprString(h.around), types.ExprString(h.around))
		case h.kind == plainHandler && h.registers && !wrapped[h.lit] && !wrapped[h.function]:
			c.report(given, wrapCheck, c.fixUnwrapped(call, given), "the handler registers hooks and is not wrapped, "+
				"so Run panics: start it with %s", c.preferred())
		}
	}
}

// hasStart reports whether the library has Start, which older versions do not.
func (c *checker) hasStart() bool {
	for _, p := range c.pass.Pkg.Imports() {
		if p.Path() == library {
			return p.Scope().Lookup("Start") != nil
		}
	}
	return false
}

func (c *checker) preferred() string {
	if c.hasStart() {
		return "postinvoke.Start"
	}
	return "postinvoke.Wrap"
}

// fixUnwrapped wraps the handler that is given to aws-lambda-go.
func (c *checker) fixUnwrapped(call *ast.CallExpr, given ast.Expr) *analysis.SuggestedFix {
	name, edits := c.use(call.Pos())
	if name == "" {
		return nil
	}
	started := c.callOf(call, lambdaPath)
	switch {
	case c.hasStart() && (started == "Start" || started == "StartWithOptions"):
		edits = append(edits, c.replaceStart(call, name, given, "nil")...)
	case c.takesWrap(given):
		edits = append(edits, insert(given.Pos(), name+".Wrap("), insert(given.End(), ", nil)"))
	case started == "StartHandler" || started == "StartHandlerWithContext":
		edits = append(edits, insert(given.Pos(), name+".WrapHandler("), insert(given.End(), ", nil)"))
	default:
		return nil
	}
	return &analysis.SuggestedFix{Message: "Wrap the handler", TextEdits: edits}
}

// replaceStart makes a call of postinvoke.Start of one of lambda.Start or
// StartWithOptions.
func (c *checker) replaceStart(call *ast.CallExpr, name string, given ast.Expr, opts string) []analysis.TextEdit {
	edits := []analysis.TextEdit{
		replace(call.Fun, name+".Start"),
		insert(given.End(), ", "+opts),
	}
	if s, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if id, ok := s.X.(*ast.Ident); ok {
			edits = append(edits, c.dropImport(id)...)
		}
	}
	return edits
}

// takesWrap reports whether Wrap takes a handler: a
// func(context.Context, In) (Out, error).
func (c *checker) takesWrap(given ast.Expr) bool {
	sig, ok := c.info.TypeOf(given).Underlying().(*types.Signature)
	return ok && sig.Params().Len() == 2 && isNamed(sig.Params().At(0).Type(), "context", "Context") && !sig.Variadic() &&
		sig.Results().Len() == 2 && types.Identical(sig.Results().At(1).Type(), errorType)
}

// fixCovered wraps the middleware instead of the handler in it.
func (c *checker) fixCovered(call *ast.CallExpr, given ast.Expr, h handler) *analysis.SuggestedFix {
	if !contains(given, h.wrap) || c.libraryCall(h.wrap) != "Wrap" || len(h.wrap.Args) != 2 {
		return nil
	}
	name, edits := c.use(call.Pos())
	if name == "" {
		return nil
	}
	inner, opts := h.wrap.Args[0], c.source(h.wrap.Args[1])
	started := c.callOf(call, lambdaPath)
	switch {
	case c.hasStart() && (started == "Start" || started == "StartWithOptions"):
		edits = append(edits, c.replaceStart(call, name, given, opts)...)
	case c.takesWrap(given):
		edits = append(edits, insert(given.Pos(), name+".Wrap("), insert(given.End(), ", "+opts+")"))
	default:
		return nil
	}
	edits = append(edits, remove(h.wrap.Pos(), inner.Pos()), remove(inner.End(), h.wrap.End()))
	return &analysis.SuggestedFix{Message: "Wrap what is outermost", TextEdits: edits}
}

// checkWrappedCalls reports calls of wrapped handlers, by functions that have
// a context, with a context that does not come from it. A test plays the
// runtime, and may.
func (c *checker) checkWrappedCalls() {
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		if len(call.Args) == 0 || c.inTest(call) || c.origin(call.Args[0]) != background || !c.callsWrapped(call) {
			continue
		}
		ctx := c.contextInScope(at)
		if ctx == "" || isTestHelper(at, c) {
			continue
		}
		var fix *analysis.SuggestedFix
		if _, ok := ast.Unparen(call.Args[0]).(*ast.CallExpr); ok && at.ParentEdgeKind() != edge.GoStmt_Call {
			fix = &analysis.SuggestedFix{
				Message:   "Pass the context on",
				TextEdits: []analysis.TextEdit{replace(call.Args[0], ctx)},
			}
		}
		c.report(call.Args[0], wrapCheck, fix, "the wrapped handler is called with a context that has neither values "+
			"nor end of the invocation's: pass %s on", ctx)
	}
}

func (c *checker) callsWrapped(call *ast.CallExpr) bool {
	fun := ast.Unparen(call.Fun)
	if s, ok := fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Invoke" {
		fun = s.X
	}
	return c.handlerOf(fun).kind == wrappedHandler
}

// isTestHelper reports whether the function around has a *testing.T or the like.
func isTestHelper(at inspector.Cursor, c *checker) bool {
	for outer := range at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		for _, p := range c.params(functionType(outer.Node())) {
			if p != nil && (isNamed(p.Type(), "testing", "T") || isNamed(p.Type(), "testing", "B") ||
				isNamed(p.Type(), "testing", "F") || isNamed(p.Type(), "testing", "TB")) {
				return true
			}
		}
	}
	return false
}
