package hooklint

import (
	"go/ast"
	"go/types"

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
	lit      *ast.FuncLit // fn, or the literal that the variable fn stands for; nil if it is neither
	function *types.Func  // fn, if it is a declared function or a method
}

// direct reports whether the function literal is an argument of the call.
func (h *hook) direct() bool { return h.lit != nil && ast.Unparen(h.fn) == h.lit }

// plain reports whether the hook is a func(), without context or error.
func (h *hook) plain() bool { return h.name == "Run" || h.name == "Shutdown" }

func (h *hook) atShutdown() bool { return h.ctx == nil }

// hooks returns the hooks that the package registers.
func (c *checker) hooks() []*hook {
	var hooks []*hook
	for at := range c.root.Preorder((*ast.CallExpr)(nil)) {
		call := at.Node().(*ast.CallExpr)
		h := &hook{at: at, call: call, name: c.libraryCall(call)}
		switch h.name {
		case "Run", "RunContext", "Go":
			if len(call.Args) < 2 {
				continue
			}
			h.ctx, h.fn = call.Args[0], call.Args[1]
		case "Shutdown", "ShutdownContext":
			if len(call.Args) < 1 {
				continue
			}
			h.fn = call.Args[0]
		default:
			continue
		}
		h.lit, h.function = c.functionOf(h.fn)
		hooks = append(hooks, h)
	}
	return hooks
}

// libraryCall returns the name of the function of postinvoke that is called,
// or "".
func (c *checker) libraryCall(call *ast.CallExpr) string { return c.callOf(call, library) }

// callOf returns the name of the function of a package that is called, or "".
func (c *checker) callOf(call *ast.CallExpr, path string) string {
	f := c.callee(call)
	if f == nil || f.Pkg() == nil || f.Pkg().Path() != path || f.Signature().Recv() != nil {
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

// isMethod reports whether f is the method of a named type, or interface.
func isMethod(f *types.Func, path, typ, name string) bool {
	if f == nil || f.Name() != name || f.Signature().Recv() == nil {
		return false
	}
	return isNamed(f.Signature().Recv().Type(), path, typ)
}

// isNamed reports whether t, or what it points to, is a named type.
func isNamed(t types.Type, path, name string) bool {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	obj := named.Obj()
	return obj.Name() == name && obj.Pkg() != nil && obj.Pkg().Path() == path
}

func isInterface(f *types.Func) bool {
	recv := f.Signature().Recv()
	return recv != nil && types.IsInterface(recv.Type())
}

// isContext reports whether t is context.Context, or an interface that has it.
func isContext(t types.Type) bool {
	if t == nil || !types.IsInterface(t) {
		return false
	}
	if isNamed(t, "context", "Context") {
		return true
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	i, ok := named.Underlying().(*types.Interface)
	if !ok {
		return false
	}
	for e := range i.EmbeddedTypes() {
		if isContext(e) {
			return true
		}
	}
	return false
}

var errorType = types.Universe.Lookup("error").Type()

// returnsError reports whether the last result of a call is an error.
func (c *checker) returnsError(call *ast.CallExpr) bool {
	switch t := c.info.TypeOf(call).(type) {
	case *types.Tuple:
		return t.Len() > 0 && types.Identical(t.At(t.Len()-1).Type(), errorType)
	case nil:
		return false
	default:
		return types.Identical(t, errorType)
	}
}
