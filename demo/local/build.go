package local

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/infra/gobuild"
)

// Packages of this module that are built.
const (
	Failing       = "example.com/postinvoke/demo/failing"
	example       = "example.com/postinvoke/function"
	goroutineOnly = "example.com/postinvoke/demo/goroutine"
	extension     = "example.com/postinvoke/extension"
)

// Programs are the executables of a run.
type Programs struct {
	Function   string
	Extensions []string // the layer's first, if there is one
}

// Build builds what f describes into the folder tmp, with the user's Go settings. If
// there is no extension it fails before anything is built. step gets what is being done.
func (f *Function) Build(ctx context.Context, tmp string, step func(string)) (p Programs, err error) {
	var others []string
	for i, name := range f.Extensions {
		files, err := unpack(name, filepath.Join(tmp, fmt.Sprint("layer", i)))
		if err != nil {
			return p, cli.Usagef("-extension %s: %v", name, err)
		}
		others = append(others, files...)
	}
	defer step("")
	folder, path, compiled := f.Path, "", f.Name()
	switch {
	case f.isExecutable():
		folder, compiled = "", "the extension"
	case f.GoroutineOnly:
		path = goroutineOnly
	case folder == "":
		path = example
	}
	step("compiling " + compiled + ", which takes long only the first time")
	var layer *gobuild.Dependency
	withLayer := !f.WithoutLayer && !f.GoroutineOnly // without the library the extension has nothing to read
	if withLayer || f.Path == "" {                   // where the extension's source is, that of the example is
		layer, err = findExtension(ctx, folder)
		if missing, ok := errors.AsType[*gobuild.NotFoundError](err); ok {
			otherwise := ""
			if f.Path != "" {
				otherwise = ", or leave the layer out with -without-layer"
			}
			return p, fmt.Errorf("run this inside the checkout of postinvoke, or inside a module that requires it%s: "+
				"its source is compiled (%s)", otherwise, missing.Words)
		}
		if err != nil {
			return p, err
		}
	}
	if f.isExecutable() {
		p.Function, err = filepath.Abs(f.Path)
	} else {
		p.Function, err = Compile(ctx, folder, path, tmp)
	}
	if err != nil {
		return p, err
	}
	if withLayer {
		to := filepath.Join(tmp, "extension")
		if err := layer.Build(ctx, program("", ""), to, recording.OwnExtension); err != nil {
			return p, fmt.Errorf("build the extension: %w", err)
		}
		p.Extensions = []string{filepath.Join(to, recording.OwnExtension)}
	}
	p.Extensions = append(p.Extensions, others...)
	return p, nil
}

// program is the package of that import path as seen from the folder, or the one in
// it. A function of the user's is built without cgo, as the constructs build it; ours
// do not use it, and share what go run has compiled with it.
func program(folder, path string) gobuild.Program {
	p := gobuild.Program{Dir: folder, Package: path, Host: true}
	if folder != "" {
		p.Environment = map[string]string{"CGO_ENABLED": "0"}
	}
	return p
}

// findExtension finds the extension that fits the function in the folder: that of
// its own module. A function that does not use the library, and one that is not built
// here, get that of the current folder's.
func findExtension(ctx context.Context, folder string) (*gobuild.Dependency, error) {
	found, err := program(folder, "").Find(ctx, extension)
	if _, missing := errors.AsType[*gobuild.NotFoundError](err); missing && folder != "" {
		return findExtension(ctx, "")
	}
	return found, err
}

// Compile builds the package of that import path as seen from the folder, or the one
// in it, into a separate folder of tmp.
func Compile(ctx context.Context, folder, path, tmp string) (string, error) {
	to, err := os.MkdirTemp(tmp, "function-")
	if err != nil {
		return "", err
	}
	if err := gobuild.Build(ctx, program(folder, path), to, "function"); err != nil {
		return "", fmt.Errorf("build %s%s: %w", folder, path, err)
	}
	return filepath.Join(to, "function"), nil
}

// unpack returns the executables in a layer, which it unpacks into the folder dir, or
// the name of what is no ZIP archive. Of a layer what is in extensions/ is run; its
// other files, which would be in /opt on Lambda, are unpacked beside it.
func unpack(name, dir string) ([]string, error) {
	archive, err := zip.OpenReader(name)
	if errors.Is(err, zip.ErrFormat) {
		return []string{name}, nil
	}
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	if err := os.CopyFS(dir, archive); err != nil { // no path leads out of an archive
		return nil, err
	}
	found, err := filepath.Glob(filepath.Join(dir, "extensions", "*"))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errors.New("a layer without a file in extensions/")
	}
	for _, file := range found { // an archive made on Windows does not say which are executable
		if err := os.Chmod(file, 0o755); err != nil {
			return nil, err
		}
	}
	return found, nil
}
