package postinvokecdk

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"

	"example.com/postinvoke/infra/gobuild"
)

// Module is the Go module of the library and the extension. It stays the same
// where this folder has been copied into another module.
const Module = "example.com/postinvoke"

// BuildFolder is where binaries are built, relative to the folder in which the app
// runs, which is that of cdk.json. It has its own .gitignore. It is not
// removed, so that cdk's --no-staging finds the assets.
const BuildFolder = "build/postinvoke"

// source is what an asset is built from.
type source struct {
	name  string                 // for people: the folder's
	id    string                 // unique to the source
	build func(dir string) error // into the folder that becomes the asset
}

// asset builds the source that find returns. An error is added to scope, and the
// code is then a stand-in. So it is for commands that need no assets, for which
// nothing is searched or built.
func asset(scope constructs.Construct, find func() (source, error)) awslambda.AssetCode {
	folder, err := buildFolder()
	if err != nil {
		panic(err)
	}
	if *awscdk.Stack_Of(scope).BundlingRequired() {
		from, err := find()
		var dir string
		if err == nil {
			dir, err = from.buildBelow(folder)
		}
		if err == nil {
			return awslambda.Code_FromAsset(&dir, nil)
		}
		addError(scope, err)
	}
	nothing := filepath.Join(folder, "nothing")
	if err := os.MkdirAll(nothing, 0o755); err != nil {
		panic(err)
	}
	return awslambda.Code_FromAsset(&nothing, nil)
}

// buildFolder creates BuildFolder and returns its absolute path.
func buildFolder() (string, error) {
	folder, err := filepath.Abs(BuildFolder)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, ".gitignore"), []byte("*\n"), 0o644)
}

// built has the folders that this process has built: several stacks, or many
// tests, share them.
var built = struct {
	sync.Mutex
	folders map[string]bool
}{folders: map[string]bool{}}

// buildBelow builds the source and returns the folder that is the asset. Its name
// depends on the source alone, so that it is replaced by the next build of the
// same source only. The asset hash does not depend on it.
func (s source) buildBelow(root string) (string, error) {
	built.Lock()
	defer built.Unlock()
	id := sha256.Sum256([]byte(s.id))
	dir := filepath.Join(root, fmt.Sprintf("%s-%x", s.name, id[:4]))
	if built.folders[dir] {
		return dir, nil
	}
	if err := s.build(dir); err != nil {
		return "", err
	}
	built.folders[dir] = true
	return dir, nil
}

// programSource is the program p, under the name bootstrap, which Lambda runs.
func programSource(p gobuild.Program, arch architecture) source {
	p.Arch = arch.goarch
	return source{
		name: filepath.Base(p.Dir) + "-" + arch.name,
		id:   fmt.Sprintf("%#v", p), // prints maps in order
		build: func(dir string) error {
			return gobuild.Build(context.Background(), p, dir, "bootstrap")
		},
	}
}

// extensionSource is the extension, where Lambda looks for it in a layer.
func extensionSource(d *gobuild.Dependency, arch architecture) source {
	p := gobuild.Program{Arch: arch.goarch}
	return source{
		name: "extension-" + arch.name,
		id:   d.Dir + " " + arch.name,
		build: func(dir string) error {
			return d.Build(context.Background(), p, dir, "extensions/postinvoke")
		},
	}
}

// extension finds the extension in the module in which the app runs: in this
// checkout, the module cache, a replacement, a workspace or a vendor folder.
var extension = sync.OnceValues(func() (*gobuild.Dependency, error) {
	found, err := gobuild.Program{}.Find(context.Background(), Module+"/extension")
	var missing *gobuild.NotFoundError
	switch {
	case !errors.As(err, &missing):
		return found, err
	case missing.Vendored:
		return nil, fmt.Errorf("the vendor folder of the app does not have the extension: run go mod vendor (%s)",
			missing.Words)
	}
	return nil, fmt.Errorf("the app does not run in a module that requires %s, which has the extension (%s)",
		Module, missing.Words)
})

// fitsExtension returns an error if the program is built with another version of
// the library than that of the extension in the layer.
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
	return fmt.Errorf("the function in %s is built with %s from %s, but its layer with %s: "+
		"require the same version in both modules", p.Dir, Module, library.Source(), extension.Source())
}

// An architecture under its three names.
type architecture struct {
	lambda func() awslambda.Architecture
	name   string // arm64, x86_64
	goarch string
	id     string // within construct ids
}

var architectures = []architecture{
	{awslambda.Architecture_ARM_64, "arm64", gobuild.ARM64, "Arm64"},
	{awslambda.Architecture_X86_64, "x86_64", gobuild.AMD64, "X8664"},
}

// architectureOf looks a up by its name, because jsii returns a new object each
// time. Nil is arm64. An unknown one is an error of scope.
func architectureOf(scope constructs.Construct, a awslambda.Architecture) architecture {
	if a == nil {
		return architectures[0]
	}
	for _, known := range architectures {
		if known.name == *a.Name() {
			return known
		}
	}
	addError(scope, fmt.Errorf("architecture %q is not one of Lambda's: "+
		"use awslambda.Architecture_ARM_64 or Architecture_X86_64", *a.Name()))
	return architectures[0]
}
