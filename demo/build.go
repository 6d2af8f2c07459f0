package main

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
	examplePackage   = "example.com/postinvoke/function"
	plainPackage     = "example.com/postinvoke/demo/plain"
	extensionPackage = "example.com/postinvoke/extension"
	libraryPackage   = "example.com/postinvoke/postinvoke"
)

// extensionName is the extension's file name, under which it registers.
const extensionName = recording.OwnExtension

// A buildError is what does not build, with the compiler's words.
type buildError struct{ what, output string }

func (e *buildError) Error() string { return e.what + " does not build:\n" + e.output }

// Binaries are what a run needs.
type binaries struct {
	function  string
	extension string // empty without the layer
}

// buildAll builds what o asks for into the folder tmp. That there is no
// extension to be built is said before anything is.
func buildAll(ctx context.Context, o *options, tmp string, progress *progress) (b binaries, err error) {
	defer progress.clear()
	own, err := isBinary(o.function)
	if err != nil {
		return b, err
	}
	bld := builder{tmp: tmp, cache: cacheVariables(tmp)}
	folder := o.function
	if own {
		folder = ""
	}
	var layer *gobuild.Dependency
	if !o.withoutLayer {
		if layer, err = bld.findExtension(ctx, folder); err != nil {
			return b, err
		}
	}
	if own {
		if b.function, err = filepath.Abs(o.function); err != nil {
			return b, err
		}
	} else {
		pkg, what := examplePackage, "the example function"
		switch {
		case o.plain:
			pkg, what = plainPackage, "the plain function"
		case folder != "":
			pkg, what = "", "the function in "+folder
		}
		progress.show("building " + what)
		if b.function, err = bld.buildFunction(ctx, folder, pkg); err != nil {
			return b, err
		}
	}
	if layer != nil {
		progress.show("building the extension")
		b.extension, err = bld.buildExtension(ctx, layer)
	}
	return b, err
}

// isBinary reports whether path, if any, is an executable rather than a folder.
func isBinary(path string) (bool, error) {
	if path == "" {
		return false, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return false, usagef("-function %s: %v", path, reason(err))
	case info.IsDir():
		isGo := func(e fs.DirEntry) bool { return filepath.Ext(e.Name()) == ".go" }
		if entries, err := os.ReadDir(path); err == nil && !slices.ContainsFunc(entries, isGo) {
			return false, usagef("-function %s: there are no Go files in this folder", path)
		}
		return false, nil
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		return false, usagef("-function %s: neither a folder nor an executable", path)
	}
	return true, checkMachine(path)
}

// A builder builds for this machine, with the user's Go settings.
type builder struct {
	tmp   string
	cache map[string]string // variables, where the user has no usable cache
}

// program is the package pkg, or the one in the folder dir.
func (b builder) program(dir, pkg string) gobuild.Program {
	return gobuild.Program{Dir: dir, Package: pkg, Host: true, Options: gobuild.Options{Environment: b.cache}}
}

// errNoModule is for whoever runs the demo where none of our packages are.
var errNoModule = errors.New("run me inside the checkout of postinvoke, or inside a module that requires it: " +
	"I build its packages")

// findExtension finds the extension that fits the function in the folder dir:
// that of its own module. A function that does not use the library, and one
// that is not built here, get that of the current folder's.
func (b builder) findExtension(ctx context.Context, dir string) (*gobuild.Dependency, error) {
	if dir == "" {
		return b.findHere(ctx)
	}
	found, err := b.program(dir, "").Find(ctx, extensionPackage)
	var missing *gobuild.NotFoundError
	if !errors.As(err, &missing) {
		return found, err
	}
	if _, err := b.program(dir, "").Find(ctx, libraryPackage); err == nil {
		return nil, fmt.Errorf("the module of the function in %s has the library but not the extension: run go mod vendor there, "+
			"or leave the layer out with -without-layer (%s)", dir, missing.Words)
	}
	found, err = b.findHere(ctx)
	if errors.Is(err, errNoModule) {
		return nil, fmt.Errorf("add -without-layer, or run the demo in the checkout of postinvoke: neither the module of the "+
			"function in %s has the extension (%s) nor that of the current folder", dir, missing.Words)
	}
	return found, err
}

// findHere finds the extension in the module of the current folder.
func (b builder) findHere(ctx context.Context) (*gobuild.Dependency, error) {
	found, err := b.program("", "").Find(ctx, extensionPackage)
	if missing := new(gobuild.NotFoundError); errors.As(err, &missing) {
		return nil, errNoModule
	}
	return found, err
}

// buildFunction builds the main package pkg, as seen from dir, or the one in dir.
func (b builder) buildFunction(ctx context.Context, dir, pkg string) (string, error) {
	if pkg != "" {
		var missing *gobuild.NotFoundError
		if _, err := b.program(dir, "").Find(ctx, pkg); errors.As(err, &missing) {
			return "", errNoModule
		} else if err != nil {
			return "", err
		}
	}
	err := gobuild.Build(ctx, b.program(dir, pkg), filepath.Join(b.tmp, "function"), "function")
	return filepath.Join(b.tmp, "function", "function"), explainBuild(err, dir, pkg)
}

func (b builder) buildExtension(ctx context.Context, layer *gobuild.Dependency) (string, error) {
	err := layer.Build(ctx, b.program("", ""), filepath.Join(b.tmp, "extension"), extensionName)
	return filepath.Join(b.tmp, "extension", extensionName), explainBuild(err, "", extensionPackage)
}

// explainBuild is the error for a package that was not built.
func explainBuild(err error, dir, pkg string) error {
	var (
		notMain *gobuild.NotMainError
		cgo     *gobuild.CgoError
		compile *gobuild.CompileError
	)
	switch {
	case errors.As(err, &notMain):
		return usagef("-function %s: not a main package", dir)
	case errors.As(err, &cgo):
		return err
	case errors.As(err, &compile) && dir != "" && strings.Contains(compile.Output, "go.mod file not found"):
		return usagef("-function %s: not in a Go module; go mod init makes one", dir)
	case errors.As(err, &compile):
		return &buildError{whose(dir, pkg), fromHere(dir, compile.Output)}
	}
	return err
}

// whose says whose code a package is.
func whose(dir, pkg string) string {
	if dir != "" {
		return "the function in " + dir
	}
	return "the package " + pkg + " of this checkout"
}

// positions are those at which the compiler's lines begin.
var positions = regexp.MustCompile(`(?m)^[^\s:][^:\n]*\.go:`)

// fromHere makes the names of files in the compiler's words, which are as seen
// from dir, what they are as seen from the current folder.
func fromHere(dir, words string) string {
	return positions.ReplaceAllStringFunc(words, func(name string) string {
		path := filepath.Join(dir, strings.TrimSuffix(name, ":"))
		if _, err := os.Stat(path); err != nil {
			return name
		}
		return path + ":"
	})
}

// cacheVariables name folders in tmp where there is no usable cache.
func cacheVariables(tmp string) map[string]string {
	variables := map[string]string{}
	cache := os.Getenv("GOCACHE")
	if cache == "" {
		if user, err := os.UserCacheDir(); err == nil {
			cache = filepath.Join(user, "go-build")
		}
	}
	if !writable(cache) {
		variables["GOCACHE"] = filepath.Join(tmp, "cache")
	}
	if modules := moduleCache(); modules == "" || os.MkdirAll(modules, 0o777) != nil {
		variables["GOMODCACHE"] = filepath.Join(tmp, "modules")
		variables["GOPATH"] = filepath.Join(tmp, "go")
		variables["GOFLAGS"] = strings.TrimSpace(os.Getenv("GOFLAGS") + " -modcacherw") // or it could not be removed
	}
	return variables
}

// moduleCache returns the folder for modules, or nothing if there is none.
func moduleCache() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	if dirs := filepath.SplitList(os.Getenv("GOPATH")); len(dirs) > 0 {
		return filepath.Join(dirs[0], "pkg", "mod")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, "go", "pkg", "mod")
}

func writable(dir string) bool {
	if dir == "" || os.MkdirAll(dir, 0o777) != nil {
		return false
	}
	f, err := os.CreateTemp(dir, "demo-")
	if err != nil {
		return false
	}
	f.Close()
	return os.Remove(f.Name()) == nil
}
