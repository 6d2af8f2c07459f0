package gobuild

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// A CompileError is the output of the Go toolchain about a program that it could not
// build.
type CompileError struct {
	Dir    string // the folder of the program
	Output string // of go build
}

func (e *CompileError) Error() string { return e.Output }

// A NotMainError reports that the package in a folder is not a program.
type NotMainError struct {
	Dir string
}

func (e *NotMainError) Error() string {
	return e.Dir + " is not package main: there is nothing to run"
}

// A CgoError reports that a program does not compile without cgo.
type CgoError struct {
	Dir     string // the folder of the program
	Package string // the import path of the package that uses cgo
	File    string // the first of its files that imports "C"
	Compile *CompileError
}

func (e *CgoError) Error() string {
	return fmt.Sprintf("the program in %s needs cgo: %s in package %s imports \"C\". Programs are built with "+
		"CGO_ENABLED=0, because cgo needs a C compiler for Lambda's architecture and binds the program to a C library: "+
		"use a package without C, or build the executable yourself and give that", e.Dir, e.File, e.Package)
}

// Unwrap returns the CompileError.
func (e *CgoError) Unwrap() error { return e.Compile }

// cgoNeeded returns a [*CgoError] if the package that did not compile has files for
// cgo. The output of the go command is that build constraints exclude such files, or
// that something in them is undefined.
func (p Program) cgoNeeded(ctx context.Context, env []string, compile *CompileError) error {
	args := append([]string{"list", "-e", "-deps", "-json=ImportPath,Dir,Standard,CgoFiles"}, p.flags()...)
	out, err := output(ctx, p.Dir, append(env, "CGO_ENABLED=1"), append(args, p.target())...)
	if err != nil {
		return nil // then it is something else
	}
	for packages := json.NewDecoder(strings.NewReader(string(out))); packages.More(); {
		var pkg struct {
			ImportPath, Dir string
			Standard        bool
			CgoFiles        []string
		}
		if packages.Decode(&pkg) != nil {
			return nil
		}
		if !pkg.Standard && len(pkg.CgoFiles) > 0 && names(compile.Output, pkg.ImportPath, pkg.Dir) {
			return &CgoError{p.Dir, pkg.ImportPath, pkg.CgoFiles[0], compile}
		}
	}
	return nil
}

// names reports whether the toolchain's output is about a package. Its import path
// is the headline of compiler messages, and its folder is in those about build
// constraints.
func names(words, importPath, dir string) bool {
	for line := range strings.Lines(words) {
		line = strings.TrimSpace(line)
		if line == "# "+importPath || strings.HasSuffix(line, "build constraints exclude all Go files in "+dir) {
			return true
		}
	}
	return false
}
