package hooklint

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"
)

// checkGoroutines reports go statements whose work nothing waits for: those
// that register a hook, wherever they are, and those in handlers and hooks.
func (c *checker) checkGoroutines(hooks []*hook) {
	running := c.duringInvocations(hooks)
	c.checkOtherGoroutines(running)
	for at := range c.root.Preorder((*ast.GoStmt)(nil)) {
		g := &goroutine{c: c, at: at, stmt: at.Node().(*ast.GoStmt)}
		registers := g.registers()
		if !registers && !isRunning(running, at) || g.startedOnce() || !g.unattended() {
			continue
		}
		if registers {
			c.report(g.stmt, lateCheck, g.fix(), tooLate)
		} else {
			c.report(g.stmt, goroutineCheck, g.fix(), "nothing waits for this goroutine: it is frozen with the "+
				"environment when the response is sent, so start it with Go")
		}
	}
}

const tooLate = "nothing waits for this goroutine, so it may register its hook too late: start it with Go, or " +
	"register the hook before"

// checkOtherGoroutines is checkGoroutines for those that others start: an
// errgroup or WaitGroup which nobody waits for, and time.AfterFunc.
func (c *checker) checkOtherGoroutines(running map[ast.Node]bool) {
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if !ok || len(call.Args) == 0 {
			continue
		}
		if c.callOf(call, "time") == "AfterFunc" {
			_, unused := at.Parent().Node().(*ast.ExprStmt) // nobody can stop the timer
			if lit, _ := c.functionOf(call.Args[1]); unused && lit != nil && c.registersIn(lit) {
				c.report(call, lateCheck, nil, tooLate)
			}
			continue
		}
		v := c.varOf(method.X)
		if v == nil || method.Sel.Name != "Go" || !c.tells(v.Type(), false) || !c.neverWaited(v) {
			continue
		}
		lit, _ := c.functionOf(call.Args[0])
		switch {
		case lit != nil && c.registersIn(lit):
			c.report(call, lateCheck, nil, "nothing waits for %s, so this goroutine may register its hook too late: "+
				"call %s.Wait, or start it with postinvoke.Go", v.Name(), v.Name())
		case isRunning(running, at):
			c.report(call, goroutineCheck, nil, "nothing waits for %s: this goroutine is frozen with the environment "+
				"when the response is sent, so call %s.Wait, or start it with postinvoke.Go", v.Name(), v.Name())
		}
	}
}

// neverWaited reports whether a channel or a group belongs to a function, and
// is used by those alone that would be waited for.
func (c *checker) neverWaited(v *types.Var) bool {
	known := c.vars[v]
	if v.IsField() || v.Parent() == c.pass.Pkg.Scope() || known != nil && (known.param || len(known.values) > 1) {
		return false
	}
	if known != nil {
		for _, value := range known.values {
			if _, ok := value.(*ast.CallExpr); !ok { // make, WithContext; not another variable
				if _, ok := value.(*ast.CompositeLit); !ok {
					return false
				}
			}
		}
	}
	for id, obj := range c.info.Uses {
		if obj != v {
			continue
		}
		at, ok := c.root.FindNode(id)
		if !ok {
			return false
		}
		switch parent := at.Parent().Node().(type) {
		case *ast.SelectorExpr:
			switch parent.Sel.Name {
			case "Add", "Done", "Go", "TryGo", "SetLimit":
				continue
			}
		case *ast.SendStmt:
			if parent.Chan == id {
				continue
			}
		case *ast.CallExpr:
			if fun, ok := parent.Fun.(*ast.Ident); ok && fun.Name == "close" {
				continue
			}
		}
		return false
	}
	return true
}

// duringInvocations returns the functions that run while an invocation lasts:
// those that are wrapped, those that register hooks with a context they were
// called with, hooks, and what all of these call with their contexts.
func (c *checker) duringInvocations(hooks []*hook) map[ast.Node]bool {
	running := map[ast.Node]bool{}
	var queue []ast.Node
	add := func(n ast.Node) {
		if n != nil && !running[n] {
			running[n] = true
			queue = append(queue, n)
		}
	}
	for _, h := range hooks {
		if h.atShutdown() {
			continue
		}
		node, _, _ := c.bodyOf(h.lit, h.function)
		add(node)
		if o := c.origin(h.ctx); o != nil && o != background && o != detached {
			for outer := range h.at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
				if declaredIn(functionType(outer.Node()), o) {
					add(outer.Node())
				}
			}
		}
	}
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		switch c.libraryCall(call) {
		case "Wrap", "WrapHandler", "Start":
			if h := c.handlerOf(call.Args[0]); h.kind == plainHandler {
				add(h.node)
			}
		}
	}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for at := range c.cursors[n].Preorder((*ast.CallExpr)(nil)) {
			call := at.Node().(*ast.CallExpr)
			for _, arg := range call.Args {
				o := c.origin(arg)
				if o == nil || !declaredIn(functionType(n), o) {
					continue
				}
				called, _, _ := c.calledBody(call)
				add(called)
				break
			}
		}
	}
	return running
}

func isRunning(running map[ast.Node]bool, at inspector.Cursor) bool {
	for outer := range at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if running[outer.Node()] {
			return true
		}
	}
	return false
}

// A goroutine is a go statement.
type goroutine struct {
	c    *checker
	at   inspector.Cursor
	stmt *ast.GoStmt
}

// body returns the cursor of the function that it runs, if that is known.
func (g *goroutine) body() (inspector.Cursor, bool) {
	node, _, _ := g.c.calledBody(g.stmt.Call)
	at, ok := g.c.cursors[node]
	return at, ok
}

// registers reports whether it registers a hook.
func (g *goroutine) registers() bool {
	if len(g.c.registersWith(g.stmt.Call)) > 0 {
		return true
	}
	lit, _ := g.c.functionOf(g.stmt.Call.Fun)
	return lit != nil && g.c.registersIn(lit)
}

func (c *checker) registersIn(lit *ast.FuncLit) bool {
	for at := range c.cursors[lit].Preorder((*ast.CallExpr)(nil)) {
		if len(c.registersWith(at.Node().(*ast.CallExpr))) > 0 {
			return true
		}
	}
	return false
}

// startedOnce reports whether it is in the argument of Once.Do or OnceFunc:
// such a goroutine belongs to the environment, and not to an invocation.
func (g *goroutine) startedOnce() bool {
	for outer := range g.at.Enclosing((*ast.FuncLit)(nil)) {
		call, ok := outer.Parent().Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		if f := g.c.callee(call); f != nil && f.Pkg() != nil && f.Pkg().Path() == "sync" && f.Name() != "Go" {
			return true
		}
	}
	return false
}

// unattended reports whether nobody can wait for it: it shares nothing with
// others by which it could tell that it is done.
func (g *goroutine) unattended() bool {
	call := g.stmt.Call
	if g.c.libraryCall(call) != "" {
		return true
	}
	for _, arg := range call.Args {
		if lit, f := g.c.functionOf(arg); lit != nil || f != nil {
			if node, _, _ := g.c.bodyOf(lit, f); node != nil && g.tellsIn(g.c.cursors[node], map[ast.Node]bool{}) {
				return false
			}
		} else if g.c.tells(g.c.info.TypeOf(arg), true) {
			return false
		}
	}
	f := g.c.callee(call)
	lit, _ := g.c.functionOf(call.Fun)
	if f == nil && lit == nil {
		return false // a function value decides
	}
	if method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if g.c.tells(g.c.info.TypeOf(method.X), g.c.decls[f] == nil) {
			return false
		}
	}
	if body, ok := g.body(); ok {
		return !g.tellsIn(body, map[ast.Node]bool{})
	}
	// The body is in another package. Work for the invocation has its context;
	// anything else may be a server, or copy a stream.
	return g.c.takesContext(call)
}

// tellsIn reports whether a function, or one that it calls, uses a channel, a
// WaitGroup, a function value and so on from outside of it, ends with a
// context, or never ends.
func (g *goroutine) tellsIn(body inspector.Cursor, seen map[ast.Node]bool) bool {
	n := body.Node()
	if seen[n] {
		return false
	}
	seen[n] = true
	for at := range body.Preorder((*ast.Ident)(nil), (*ast.SelectorExpr)(nil), (*ast.CallExpr)(nil),
		(*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
		switch e := at.Node().(type) {
		case *ast.Ident:
			v, ok := g.c.info.Uses[e].(*types.Var)
			if ok && !v.IsField() && (!declaredIn(n, v) || g.c.isParam(v)) && g.tellsVar(v) {
				return true
			}
		case *ast.SelectorExpr: // a field: of a receiver, say
			v, ok := g.c.info.Uses[e.Sel].(*types.Var)
			if ok && v.IsField() && !isTimer(g.c.info.TypeOf(e.X)) && g.c.tells(v.Type(), false) {
				return true
			}
		case *ast.ForStmt:
			if e.Cond == nil && !leaves(e.Body) {
				return true
			}
		case *ast.RangeStmt:
			if _, ok := types.Unalias(g.c.info.TypeOf(e.X)).Underlying().(*types.Chan); ok {
				return true
			}
		case *ast.CallExpr:
			if method, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && method.Sel.Name == "Done" &&
				isContext(g.c.info.TypeOf(method.X)) {
				return true
			}
			if g.completes(e, n) {
				return true
			}
			if called, _, _ := g.c.calledBody(e); called != nil && g.tellsIn(g.c.cursors[called], seen) {
				return true
			}
		}
	}
	return false
}

// completes reports whether a call tells something from outside of the function
// that it is done, by the name of the method: a latch, a future, a pipe.
func (g *goroutine) completes(call *ast.CallExpr, function ast.Node) bool {
	method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch strings.ToLower(method.Sel.Name) {
	case "done", "countdown", "signal", "broadcast", "release", "finish", "complete", "resolve", "reject",
		"close", "closewitherror", "cancel":
	default:
		return false
	}
	v := g.c.varOf(root(method.X))
	return v != nil && !g.c.takesContext(call) && !(g.c.tells(v.Type(), false) && g.c.neverWaited(v)) && !v.IsField() && (!declaredIn(function, v) || g.c.isParam(v)) && !declaredIn(g.stmt.Call.Fun, v)
}

func (c *checker) isParam(v *types.Var) bool {
	known := c.vars[v]
	return known != nil && known.param
}

func (g *goroutine) tellsVar(v *types.Var) bool {
	if _, ok := types.Unalias(v.Type()).Underlying().(*types.Signature); ok {
		if isNamed(v.Type(), "context", "CancelFunc") || isNamed(v.Type(), "context", "CancelCauseFunc") {
			return g.handlerAwaitsContext()
		}
		if value := g.c.valueOfVar(v); value != nil {
			if lit, f := g.c.functionOf(value); lit != nil || f != nil {
				return false // what it does is looked at where it is called
			}
		}
		return true
	}
	return g.c.tells(v.Type(), false) && !g.c.neverWaited(v)
}

// handlerAwaitsContext reports whether the function with the go statement asks
// for the end of a context, which the goroutine may bring about.
func (g *goroutine) handlerAwaitsContext() bool {
	for outer := range g.at.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if outer.Node() == g.stmt.Call.Fun {
			continue
		}
		for at := range outer.Preorder((*ast.SelectorExpr)(nil)) {
			s := at.Node().(*ast.SelectorExpr)
			if (s.Sel.Name == "Done" || s.Sel.Name == "Err") && isContext(g.c.info.TypeOf(s.X)) {
				return true
			}
		}
	}
	return false
}

// tells reports whether a value of type t can tell others something: a channel,
// a WaitGroup, a function, a stream. Fields of a struct are looked at if deep.
func (c *checker) tells(t types.Type, deep bool) bool {
	if t == nil {
		return false
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() != nil {
		switch path, name := named.Obj().Pkg().Path(), named.Obj().Name(); {
		case path == "sync" && (name == "WaitGroup" || name == "Cond"),
			path == "golang.org/x/sync/errgroup", path == "golang.org/x/sync/semaphore",
			// Streams and servers end when their other side does.
			path == "io", path == "bufio", path == "net", path == "os/exec", path == "net/http" && name == "Server":
			return true
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Chan:
		return true
	case *types.Signature:
		return deep
	case *types.Struct:
		for f := range u.Fields() {
			if deep && c.tells(f.Type(), false) {
				return true
			}
		}
	}
	return false
}

func isTimer(t types.Type) bool { return isNamed(t, "time", "Timer") || isNamed(t, "time", "Ticker") }

// leaves reports whether something leaves a loop.
func leaves(body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt, *ast.BranchStmt:
			found = true
		}
		return !found
	})
	return found
}

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
		if p == nil || v == nil || p.Name() != v.Name() || !c.assignedOnce(v) || c.vars[p] != nil && len(c.vars[p].values) > 0 {
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
