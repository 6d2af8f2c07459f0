package postinvokecdk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"

	"example.com/postinvoke/infra/gobuild"
)

// Module is the Go module of the library and the extension. It stays the same
// where this folder has been copied into another module.
const Module = "example.com/postinvoke"

// module is what the go command says about a module.
type module struct {
	Dir     string // empty if not downloaded
	Version string // empty for the main module
	Main    bool
	Replace *struct{ Version string }
	Error   *struct{ Err string }
}

// version returns the version for people to read.
func (m module) version() string {
	switch {
	case m.Main, m.Version == "", m.Replace != nil && m.Replace.Version == "":
		return "built from source"
	case m.Replace != nil:
		return m.Replace.Version
	}
	return m.Version
}

// moduleIn finds the module as the go command does when it builds in the folder
// dir: in this checkout, the module cache or a replacement.
//
// A vendor folder would hold no main packages, so -mod is given.
func moduleIn(dir string) (module, error) {
	var m module
	out, err := gobuild.Go(context.Background(), dir, "list", "-mod=readonly", "-m", "-e", "-json", Module)
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		return m, &notRequired{string(bytes.TrimSpace(failed.Stderr))}
	case err != nil:
		return m, err
	}
	if err := json.Unmarshal(out, &m); err != nil {
		return m, fmt.Errorf("go list -m %s: %w", Module, err)
	}
	if m.Error != nil {
		return m, &notRequired{m.Error.Err}
	}
	return m, nil
}

// notRequired is the error for a folder whose module does not have [Module].
type notRequired struct{ words string }

func (e *notRequired) Error() string {
	return fmt.Sprintf("the app does not run in a module that requires %s, which has the extension (%s)", Module, e.words)
}

// postinvokeModule is the module for the module in which the app runs.
var postinvokeModule = sync.OnceValues(func() (module, error) {
	m, err := moduleIn(".")
	if err == nil && m.Dir == "" {
		err = fmt.Errorf("the source of the extension is not in the module cache: run go mod download %s", Module)
	}
	return m, err
})

// fitsExtension returns an error if the program in dir is built with another
// library than the extension in the layer: one that is not made for it.
func fitsExtension(dir string) error {
	library, err := moduleIn(dir)
	var without *notRequired
	if errors.As(err, &without) {
		return nil // a program that does not use the library
	}
	if err != nil {
		return err
	}
	extension, err := postinvokeModule()
	if err != nil || library.source() == extension.source() {
		return err
	}
	return fmt.Errorf("the function in %s is built with %s from %s, but its layer with %s: require the same version in both modules",
		dir, Module, library.source(), extension.source())
}

// source is where the module comes from, for people to read: its folder or, if
// that is yet to be downloaded, its version.
func (m module) source() string {
	if dir, err := filepath.EvalSymlinks(m.Dir); err == nil && m.Dir != "" {
		return dir
	}
	return m.version()
}

// extensionProgram is the extension, where Lambda looks for it in a layer.
func extensionProgram(arch architecture) program {
	m, err := postinvokeModule()
	if err != nil {
		panic(err)
	}
	return program{filepath.Join(m.Dir, "extension"), arch, "extensions/postinvoke"}
}
