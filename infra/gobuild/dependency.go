package gobuild

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Dependency is a package as go build finds it for a program: in the program's
// own module or workspace, a vendor folder, the module cache or a replacement.
type Dependency struct {
	Dir     string // the folder of the package
	Module  string // the path of its module
	Version string // of the module; empty where it is built from source without one

	root      string // the folder of the module
	source    string // where the module comes from: a folder, or its version
	goVersion string // the module's line go in go.mod
	vendored  bool
}

// A NotFoundError reports that the module of a program does not have a package.
type NotFoundError struct {
	Path     string // the import path of the package
	Words    string // the output of the go command
	Vendored bool   // a vendor folder was searched
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("there is no package %s: %s", e.Path, e.Words)
}

// Find returns the package of this import path that the program p would be built
// with, or a [*NotFoundError].
func (p Program) Find(ctx context.Context, path string) (*Dependency, error) {
	p.Arch = cmp.Or(p.Arch, ARM64) // the result is the same for each
	env, err := p.environment(ctx)
	if err != nil {
		return nil, err
	}
	out, err := output(ctx, p.Dir, env, "list", "-find", "-e", "-json=Dir,Module,Error", path)
	var failed *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &failed):
		return nil, &NotFoundError{Path: path, Words: withoutDownloads(string(failed.Stderr))}
	case err != nil:
		return nil, err
	}
	var found struct {
		Dir    string
		Module *struct {
			Path, Dir, Version, GoVersion string
			Main                          bool
			Replace                       *struct{ Dir, Version string }
		}
		Error *struct{ Err string }
	}
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, fmt.Errorf("go list %s: %w", path, err)
	}
	switch m := found.Module; {
	case found.Error != nil:
		words := string(bytes.Join(bytes.Fields([]byte(found.Error.Err)), []byte(" ")))
		return nil, &NotFoundError{path, words, strings.Contains(words, "-mod=vendor")}
	case m == nil || found.Dir == "":
		return nil, &NotFoundError{Path: path, Words: "it is not in a module"}
	}
	m := found.Module
	d := &Dependency{Dir: found.Dir, Module: m.Path, goVersion: m.GoVersion}
	d.root = strings.TrimSuffix(found.Dir, filepath.FromSlash(strings.TrimPrefix(path, m.Path)))
	d.vendored = m.Dir == ""
	switch {
	case m.Main:
		d.source = d.root
	case m.Replace != nil && m.Replace.Version == "":
		d.source = cmp.Or(m.Replace.Dir, d.root)
	case m.Replace != nil:
		d.Version, d.source = m.Replace.Version, m.Replace.Version
	default:
		d.Version, d.source = m.Version, m.Version
	}
	if real, err := filepath.EvalSymlinks(d.source); d.Version == "" && err == nil {
		d.source = real
	}
	return d, nil
}

// Source is where the module comes from, for people to read and to compare: its
// version or, where it has none, its folder.
func (d *Dependency) Source() string { return d.source }

// Build compiles the package, a program, as [Build] compiles p. It builds the module
// on its own, so that the bytes are the same on every machine: the module for which it
// was found selects the version, and nothing else.
//
// The package may import packages of its module and of the standard library only.
func (d *Dependency) Build(ctx context.Context, p Program, dir, file string) error {
	p.Dir, p.Package, p.alone = d.Dir, "", true
	if d.vendored {
		// A vendor folder has the packages without their go.mod.
		module, err := os.MkdirTemp("", "postinvoke-module-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(module)
		if err := os.CopyFS(module, os.DirFS(d.root)); err != nil {
			return err
		}
		text := fmt.Sprintf("module %s\n\ngo %s\n", d.Module, d.goVersion)
		if err := os.WriteFile(filepath.Join(module, "go.mod"), []byte(text), 0o644); err != nil {
			return err
		}
		below, err := filepath.Rel(d.root, d.Dir)
		if err != nil {
			return err
		}
		p.Dir = filepath.Join(module, below)
	}
	return Build(ctx, p, dir, file)
}
