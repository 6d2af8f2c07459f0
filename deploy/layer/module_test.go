//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/internal/checkout"
)

// Outside of this checkout the command builds the very layer that it builds
// here: from a replacement, and as a package of a published version.
func TestSameLayerInAnotherModule(t *testing.T) {
	here := t.TempDir()
	layer(t, "-o", here, "-arch", "arm64")
	want := read(t, filepath.Join(here, "layer-arm64.zip"))
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for name, prepare := range map[string]func(t *testing.T, dir string) (pkg string){
		"replaced": func(t *testing.T, dir string) string {
			goCommand(t, dir, "mod", "init", "mine")
			goCommand(t, dir, "mod", "edit", "-require="+Module+"@v0.0.0", "-replace="+Module+"="+root)
			return Module + "/deploy/layer"
		},
		"published": func(t *testing.T, dir string) string {
			return Module + "/deploy/layer@" + publish(t, root)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			pkg := prepare(t, dir)
			printed := goCommand(t, dir, "run", pkg, "-arch", "arm64")
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

func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return string(out)
}

// publish makes a module proxy of this checkout, and has the go command of this
// test ask it. It returns the version.
func publish(t *testing.T, root string) string {
	t.Helper()
	const version = "v0.0.1"
	proxy := t.TempDir()
	versions := filepath.Join(proxy, Module, "@v")
	if err := os.MkdirAll(versions, 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := checkout.Files(root)
	if err != nil {
		t.Fatal(err)
	}
	var others []string // folders of modules that are not part of this one
	for _, name := range files {
		if dir, file := filepath.Split(name); file == "go.mod" && dir != "" {
			others = append(others, dir)
		}
	}
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, name := range files {
		if slices.ContainsFunc(others, func(dir string) bool { return strings.HasPrefix(name, dir) }) {
			continue
		}
		w, err := z.Create(Module + "@" + version + "/" + filepath.ToSlash(name))
		if err == nil {
			_, err = w.Write(read(t, filepath.Join(root, name)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"list":            []byte(version + "\n"),
		version + ".info": []byte(`{"Version":"` + version + `"}`),
		version + ".mod":  read(t, filepath.Join(root, "go.mod")),
		version + ".zip":  packed.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(versions, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// A cache of its own, as the go command takes a version for the same for ever.
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
