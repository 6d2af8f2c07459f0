package postinvokecdk

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"example.com/postinvoke/infra/gobuild"
)

// Module is the Go module of the library and the extension. It stays the same
// where this folder has been copied into another module.
const Module = "example.com/postinvoke"

// extension is that of the module in which the app runs: in this checkout, the
// module cache, a replacement, a workspace or a vendor folder.
var extension = sync.OnceValues(func() (*gobuild.Dependency, error) {
	found, err := gobuild.Program{}.Find(context.Background(), Module+"/extension")
	var missing *gobuild.NotFoundError
	switch {
	case !errors.As(err, &missing):
		return found, err
	case missing.Vendored:
		return nil, fmt.Errorf("the vendor folder of the app does not have the extension: run go mod vendor (%s)", missing.Words)
	}
	return nil, fmt.Errorf("the app does not run in a module that requires %s, which has the extension (%s)", Module, missing.Words)
})

// fitsExtension returns an error if the program is built with another library
// than the extension in the layer: one that is not made for it.
func fitsExtension(p gobuild.Program) error {
	library, err := p.Find(context.Background(), Module+"/postinvoke")
	var missing *gobuild.NotFoundError
	if errors.As(err, &missing) {
		return nil // a program that does not use the library
	}
	if err != nil {
		return err
	}
	extension, err := extension()
	if err != nil || library.Source() == extension.Source() {
		return err
	}
	return fmt.Errorf("the function in %s is built with %s from %s, but its layer with %s: require the same version in both modules",
		p.Dir, Module, library.Source(), extension.Source())
}

// versionOf is the version for people to read.
func versionOf(d *gobuild.Dependency) string {
	if d.Version == "" {
		return "built from source"
	}
	return d.Version
}
