// Package local runs a function on this machine: it builds it, with the layer's
// extension, and invokes it in a local Lambda environment. What happens goes to a
// recorder.
//
// Errors about what the user chose name the flag, and have the exit status 2.
package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/infra/gobuild"
)

// Packages of this module that are built.
const (
	Example       = "example.com/postinvoke/function"
	Failing       = "example.com/postinvoke/demo/failing"
	goroutineOnly = "example.com/postinvoke/demo/goroutine"
	extension     = "example.com/postinvoke/extension"
	library       = "example.com/postinvoke/postinvoke"
)

// A Function describes what to run. The zero value is the example with the layer.
type Function struct {
	Path          string // the folder of a main package, or an executable; empty for the example
	GoroutineOnly bool   // the function of demo/goroutine instead, which does without the library
	WithoutLayer  bool
	Extensions    Extensions // others than the layer's
}

// Programs are the executables of a run.
type Programs struct {
	Function   string
	Extensions []string // the layer's first, if there is one
}

// Name describes the function, in a form that is of use elsewhere, too.
func (f Function) Name() string {
	if f.Path == "" {
		return "the example function"
	}
	path := f.Path
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return "the executable " + path
	}
	return "the function in " + path
}

// String describes what is run.
func (f Function) String() string {
	switch {
	case f.GoroutineOnly:
		return "a function that works for 0.1 s and merely starts a goroutine (no library, no layer)"
	case f.WithoutLayer:
		return f.Name() + " without the layer"
	}
	return f.Name() + " with the layer"
}

// Build builds what f describes into the folder tmp. If no extension can be built it
// fails before anything is built. step gets what is being done.
func (f Function) Build(ctx context.Context, tmp string, step func(string)) (p Programs, err error) {
	executable, err := isExecutable(f.Path)
	if err != nil {
		return p, err
	}
	b := Builder{Dir: tmp, Step: step}
	folder, what := f.Path, f.Name()
	switch {
	case executable:
		folder, what = "", "the extension"
	case f.GoroutineOnly:
		what = "the plain function"
	}
	b.Step("compiling " + what + once)
	var layer *gobuild.Dependency
	if !f.WithoutLayer && !f.GoroutineOnly { // without the library the extension has nothing to read
		if layer, err = b.findExtension(ctx, folder); err != nil {
			return p, err
		}
	}
	switch {
	case executable:
		p.Function, err = filepath.Abs(f.Path)
	case f.GoroutineOnly:
		p.Function, err = b.Package(ctx, goroutineOnly, what)
	case folder == "":
		p.Function, err = b.Package(ctx, Example, what)
	default:
		p.Function, err = b.build(ctx, folder, "", "the function in "+folder)
	}
	if err != nil {
		return p, err
	}
	if layer != nil {
		built, err := b.buildExtension(ctx, layer)
		if err != nil {
			return p, err
		}
		p.Extensions = []string{built}
	}
	others, err := f.Extensions.unpack(tmp)
	p.Extensions = append(p.Extensions, others...)
	return p, err
}

// isExecutable reports whether path, if any, is an executable rather than a folder.
func isExecutable(path string) (bool, error) {
	if path == "" {
		return false, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return false, flagErrorf("-function %s: %v", path, errors.Unwrap(err))
	case info.IsDir():
		isGo := func(e fs.DirEntry) bool { return filepath.Ext(e.Name()) == ".go" }
		if entries, err := os.ReadDir(path); err == nil && !slices.ContainsFunc(entries, isGo) {
			return false, flagErrorf("-function %s: there are no Go files in this folder", path)
		}
		return false, nil
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		return false, flagErrorf("-function %s: neither a folder nor an executable", path)
	}
	return true, nil
}

// A flagError is what is wrong with the value of a flag.
type flagError string

func (e flagError) Error() string { return string(e) }

// ExitCode is that for wrong flags.
func (flagError) ExitCode() int { return 2 }

func flagErrorf(format string, args ...any) error { return flagError(fmt.Sprintf(format, args...)) }

// A Builder builds programs for this machine, with the user's Go settings.
type Builder struct {
	Dir  string       // where the executables go
	Step func(string) // gets what is being done
}

// errNoModule is for a demo that runs where none of our packages are.
var errNoModule = errors.New("run me inside the checkout of postinvoke, or inside a module that requires it: " +
	"I build its packages")

// Package builds a main package of this module, as the current folder's module
// has it. what is what people call it.
func (b Builder) Package(ctx context.Context, path, what string) (string, error) {
	b.Step("compiling " + what + once)
	if _, err := findHere(ctx, path); err != nil {
		return "", err
	}
	return b.build(ctx, "", path, what)
}

// Extension builds the extension of the current folder's module.
func (b Builder) Extension(ctx context.Context) (string, error) {
	layer, err := findHere(ctx, extension)
	if err != nil {
		return "", err
	}
	return b.buildExtension(ctx, layer)
}

// program is the package of that import path as seen from the folder dir, or the
// one in dir.
func program(dir, path string) gobuild.Program {
	return gobuild.Program{Dir: dir, Package: path, Host: true}
}

// findHere finds a package of ours in the module of the current folder.
func findHere(ctx context.Context, path string) (*gobuild.Dependency, error) {
	found, err := program("", "").Find(ctx, path)
	if missing := new(gobuild.NotFoundError); errors.As(err, &missing) {
		return nil, errNoModule
	}
	return found, err
}

// findExtension finds the extension that fits the function in the folder dir:
// that of its own module. A function that does not use the library, and one
// that is not built here, get that of the current folder's.
func (b Builder) findExtension(ctx context.Context, dir string) (*gobuild.Dependency, error) {
	if dir == "" {
		return findHere(ctx, extension)
	}
	found, err := program(dir, "").Find(ctx, extension)
	var missing *gobuild.NotFoundError
	if !errors.As(err, &missing) {
		return found, err
	}
	if _, err := program(dir, "").Find(ctx, library); err == nil {
		return nil, fmt.Errorf("the module of the function in %s has the library but not the extension: "+
			"run go mod vendor there, or leave the layer out with -without-layer (%s)", dir, missing.Words)
	}
	found, err = findHere(ctx, extension)
	if errors.Is(err, errNoModule) {
		return nil, fmt.Errorf("add -without-layer, or run the demo in the checkout of postinvoke: "+
			"neither the module of the function in %s has the extension (%s) nor that of the current folder",
			dir, missing.Words)
	}
	return found, err
}

// once is why the first build takes long.
const once = ", which takes long only the first time"

// build builds the package of that import path as seen from dir, or the one in
// dir, into a separate folder.
func (b Builder) build(ctx context.Context, dir, path, what string) (string, error) {
	to, err := os.MkdirTemp(b.Dir, "function-")
	if err != nil {
		return "", err
	}
	err = gobuild.Build(ctx, program(dir, path), to, "function")
	return filepath.Join(to, "function"), explainBuild(err, dir, what)
}

func (b Builder) buildExtension(ctx context.Context, layer *gobuild.Dependency) (string, error) {
	b.Step("compiling the extension" + once)
	to := filepath.Join(b.Dir, "extension")
	err := layer.Build(ctx, program("", ""), to, recording.OwnExtension)
	return filepath.Join(to, recording.OwnExtension), explainBuild(err, "", "the extension")
}

// explainBuild is the error for a program that was not built.
func explainBuild(err error, dir, what string) error {
	var (
		notMain *gobuild.NotMainError
		compile *gobuild.CompileError
	)
	switch {
	case errors.As(err, &notMain):
		return flagErrorf("-function %s: not a main package", dir)
	case errors.As(err, &compile) && dir != "" && strings.Contains(compile.Output, "go.mod file not found"):
		return flagErrorf("-function %s: not in a Go module; go mod init makes one", dir)
	case errors.As(err, &compile):
		return fmt.Errorf("%s does not build:\n%s", what, fromHere(dir, compile.Output))
	}
	return err
}

// positions are those at which the compiler's lines begin.
var positions = regexp.MustCompile(`(?m)^[^\s:][^:\n]*\.go:`)

// fromHere makes the names of files in the compiler's output, which are as seen
// from dir, what they are as seen from the current folder.
func fromHere(dir, output string) string {
	return positions.ReplaceAllStringFunc(output, func(name string) string {
		path := filepath.Join(dir, strings.TrimSuffix(name, ":"))
		if _, err := os.Stat(path); err != nil {
			return name
		}
		return path + ":"
	})
}
