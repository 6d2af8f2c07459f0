package hooklint

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

const (
	library       = "example.com/postinvoke/postinvoke"
	lambdaPath    = "github.com/aws/aws-lambda-go/lambda"
	lambdaurlPath = "github.com/aws/aws-lambda-go/lambdaurl"
	durablePath   = "github.com/aws/aws-durable-execution-sdk-go/durable"
)

// A hook is a call that registers a hook or a shutdown function. Options may
// follow its arguments.
type hook struct {
	at       inspector.Cursor // the call
	call     *ast.CallExpr
	name     string   // Run, RunContext, Go, Shutdown or ShutdownContext
	ctx      ast.Expr // nil for a shutdown function
	fn       ast.Expr
	function // that fn stands for
}

// direct reports whether the function literal is an argument of the call.
func (h *hook) direct() bool { return h.lit != nil && ast.Unparen(h.fn) == h.lit }

func (h *hook) atShutdown() bool { return h.ctx == nil }

// hooks returns the hooks that the package registers.
func (c *checker) hooks() []*hook {
	var hooks []*hook
	for at, call := range calls(c.root) {
		h := &hook{at: at, call: call, name: c.callOf(call, library)}
		switch h.name {
		case "Run", "RunContext", "Go":
			if len(call.Args) < 2 { // a call with two results
				continue
			}
			h.ctx, h.fn = call.Args[0], call.Args[1]
		case "Shutdown", "ShutdownContext":
			h.fn = call.Args[0]
		default:
			continue
		}
		h.function = c.functionOf(h.fn)
		hooks = append(hooks, h)
	}
	return hooks
}

// wraps reports whether a call wraps a handler, its first argument.
func (c *checker) wraps(call *ast.CallExpr) bool {
	switch c.callOf(call, library) {
	case "Wrap", "WrapHandler", "Start":
		return true
	}
	return false
}

// callOf returns the name of the function of a package that is called, or "".
func (c *checker) callOf(call *ast.CallExpr, path string) string {
	f := c.callee(call)
	if f == nil || f.Signature().Recv() != nil || packageOf(f) != path {
		return ""
	}
	return f.Name()
}

// callee returns the function or method that is called, also that of an
// interface, and nil if a value decides.
func (c *checker) callee(call *ast.CallExpr) *types.Func {
	f, _ := typeutil.Callee(c.info, call).(*types.Func)
	if f == nil {
		return nil
	}
	return f.Origin()
}

// packageOf returns the path of the package of f, or "" for a method of error.
func packageOf(f *types.Func) string {
	if f == nil || f.Pkg() == nil {
		return ""
	}
	return f.Pkg().Path()
}

// isNamed reports whether t, or what it points to, is one of the named types.
func isNamed(t types.Type, path string, names ...string) bool {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	obj := named.Obj()
	return obj.Pkg() != nil && obj.Pkg().Path() == path && slices.Contains(names, obj.Name())
}

func isInterface(f *types.Func) bool {
	recv := f.Signature().Recv()
	return recv != nil && types.IsInterface(recv.Type())
}

// isContext reports whether t is context.Context, or an interface that includes it.
func isContext(t types.Type) bool {
	if t == nil || !types.IsInterface(t) {
		return false
	}
	method, _, _ := types.LookupFieldOrMethod(t, true, nil, "Deadline")
	return method != nil
}

func isRequest(t types.Type) bool { return isNamed(t, "net/http", "Request") }

func isError(t types.Type) bool {
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// endsInError reports whether t is an error, or results of which the last is.
func endsInError(t types.Type) bool {
	if results, ok := t.(*types.Tuple); ok {
		return results.Len() > 0 && isError(results.At(results.Len()-1).Type())
	}
	return isError(t)
}

// takesContext reports whether a call passes a context on.
func (c *checker) takesContext(call *ast.CallExpr) bool {
	return slices.ContainsFunc(call.Args, func(arg ast.Expr) bool { return isContext(c.info.TypeOf(arg)) })
}
