package postinvokecdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
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

// postinvokeModule finds the module as the go command does for the module in
// which the app runs: this checkout, the module cache or a replacement. That is
// also where the app's functions have the library from.
//
// The user's GOFLAGS may say -mod=vendor, but a vendor folder holds no main
// packages, so the flag is given.
var postinvokeModule = sync.OnceValues(func() (module, error) {
	var m module
	out, err := exec.Command("go", "list", "-mod=readonly", "-m", "-e", "-json", Module).Output()
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		return m, fmt.Errorf("the app does not run in a module that requires %s, which has the extension (%s)", Module, bytes.TrimSpace(failed.Stderr))
	case err != nil:
		return m, errors.New("the go command was not found: install Go 1.26 or later (https://go.dev/dl) and put it on the PATH")
	}
	if err := json.Unmarshal(out, &m); err != nil {
		return m, fmt.Errorf("go list -m %s: %w", Module, err)
	}
	if m.Error != nil {
		return m, fmt.Errorf("the app does not run in a module that requires %s, which has the extension (%s)", Module, m.Error.Err)
	}
	if m.Dir == "" {
		return m, fmt.Errorf("the source of the extension is not in the module cache: run go mod download %s", Module)
	}
	return m, nil
})

// extensionProgram is the extension, where Lambda looks for it in a layer.
func extensionProgram(arch architecture) program {
	m, err := postinvokeModule()
	if err != nil {
		panic(err)
	}
	return program{filepath.Join(m.Dir, "extension"), arch, "extensions/postinvoke"}
}
