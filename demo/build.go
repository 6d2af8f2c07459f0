package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
)

// Packages of this module that are built.
const (
	examplePackage   = "example.com/postinvoke/function"
	plainPackage     = "example.com/postinvoke/demo/plain"
	extensionPackage = "example.com/postinvoke/extension"
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

// buildAll builds what o asks for into the folder tmp.
func buildAll(ctx context.Context, o *options, tmp string, progress *progress) (b binaries, err error) {
	defer progress.clear()
	own, err := isBinary(o.function)
	if err != nil {
		return b, err
	}
	if own {
		if b.function, err = filepath.Abs(o.function); err != nil {
			return b, err
		}
	} else {
		dir, pkg, what := "", examplePackage, "the example function"
		switch {
		case o.plain:
			pkg, what = plainPackage, "the plain function"
		case o.function != "":
			dir, pkg, what = o.function, ".", "the function in "+o.function
		}
		progress.show("building " + what)
		if b.function, err = goBuild(ctx, dir, pkg, tmp, "function"); err != nil {
			return b, err
		}
	}
	if !o.withoutLayer {
		progress.show("building the extension")
		b.extension, err = goBuild(ctx, "", extensionPackage, tmp, extensionName)
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
	return true, nil
}

// goBuild builds the main package pkg, as seen from dir, for this machine.
func goBuild(ctx context.Context, dir, pkg, tmp, name string) (string, error) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return "", errors.New("the go command is not on the PATH; install Go from https://go.dev/dl")
	}
	// Into a folder, as go build then refuses packages other than main.
	out, err := os.MkdirTemp(tmp, "build-")
	if err != nil {
		return "", err
	}
	// No version control: it may be missing, or belong to somebody else.
	cmd := exec.CommandContext(ctx, goTool, "build", "-trimpath", "-buildvcs=false", "-o", out+string(filepath.Separator), pkg)
	cmd.Dir = dir
	cmd.Env = buildEnv(tmp)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it cleans up, then
	cmd.WaitDelay = 5 * time.Second
	output, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case bytes.Contains(output, []byte("no main packages to build")):
		return "", usagef("-function %s: not a main package", dir)
	case dir != "" && bytes.Contains(output, []byte("go.mod file not found")):
		return "", usagef("-function %s: not in a Go module; go mod init makes one", dir)
	case dir == "" && (bytes.Contains(output, []byte("no required module provides")) || bytes.Contains(output, []byte("go.mod file not found"))):
		return "", errors.New("run me inside the checkout of postinvoke, or inside a module that requires it: I build its packages")
	case errors.As(err, new(*exec.ExitError)) && len(output) > 0:
		return "", &buildError{whose(dir, pkg), fromHere(dir, string(output))}
	case err != nil:
		return "", fmt.Errorf("go build %s: %w", pkg, err)
	}
	built, err := os.ReadDir(out)
	if err != nil || len(built) != 1 {
		return "", fmt.Errorf("go build %s: one file was expected in %s", pkg, out)
	}
	path := filepath.Join(tmp, name)
	return path, os.Rename(filepath.Join(out, built[0].Name()), path)
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
// from dir, what they are as seen from here.
func fromHere(dir, words string) string {
	return positions.ReplaceAllStringFunc(words, func(name string) string {
		path := filepath.Join(dir, strings.TrimSuffix(name, ":"))
		if _, err := os.Stat(path); err != nil {
			return name
		}
		return path + ":"
	})
}

// buildEnv is our own environment, but for this machine, whatever is usually
// built here, and with folders in tmp where there is no usable cache.
func buildEnv(tmp string) []string {
	env := append(os.Environ(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	cache := os.Getenv("GOCACHE")
	if cache == "" {
		if user, err := os.UserCacheDir(); err == nil {
			cache = filepath.Join(user, "go-build")
		}
	}
	if !writable(cache) {
		env = append(env, "GOCACHE="+filepath.Join(tmp, "cache"))
	}
	if modules := moduleCache(); modules == "" || os.MkdirAll(modules, 0o777) != nil {
		env = append(env, "GOMODCACHE="+filepath.Join(tmp, "modules"), "GOPATH="+filepath.Join(tmp, "go"),
			"GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -modcacherw")) // or it could not be removed
	}
	return env
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
