//go:build unix

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/internal/checkout"
	"example.com/postinvoke/internal/pages"
)

// Outside of this checkout the command builds the very layer that it builds
// here: from a replacement, and as a package of a published version.
func TestSameLayerInAnotherModule(t *testing.T) {
	want := read(t, filepath.Join(buildZips(t).dir, "layer-arm64.zip"))
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for name, prepare := range map[string]func(t *testing.T, dir string) (pkg string){
		"replaced": func(t *testing.T, dir string) string {
			pages.Run(t, dir, "go mod init mine")
			pages.Run(t, dir, "go mod edit -require="+Module+"@v0.0.0 -replace="+Module+"="+root)
			return Module + "/deploy/layer"
		},
		"published": func(t *testing.T, dir string) string {
			return Module + "/deploy/layer@" + publish(t, root)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			pkg := prepare(t, dir)
			printed := pages.Run(t, dir, "go run "+pkg+" -arch arm64")
			if got := read(t, filepath.Join(dir, "build", "deploy", "layer-arm64.zip")); !bytes.Equal(got, want) {
				t.Errorf("another layer than the one built in the checkout\n%s", printed)
			}
		})
	}
}

func TestOutsideOfAModule(t *testing.T) {
	t.Chdir(t.TempDir())
	err := run(t.Context(), nil, os.Stdout, os.Stderr)
	want := "the current folder is not in a module that requires " + Module
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

// publish makes a module proxy of this checkout, and has the go command of this
// test use it. It returns the version.
func publish(t *testing.T, root string) string {
	t.Helper()
	proxy := t.TempDir()
	version, err := checkout.Proxy(root, proxy, Module)
	if err != nil {
		t.Fatal(err)
	}
	// A separate cache, as the go command takes a version for the same forever.
	cache := t.TempDir()
	t.Cleanup(func() {
		filepath.WalkDir(cache, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				os.Chmod(path, 0o755)
			}
			return nil
		})
	})
	t.Setenv("GOMODCACHE", cache)
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(proxy))
	t.Setenv("GONOSUMDB", Module)
	t.Setenv("GOFLAGS", "")
	return version
}
