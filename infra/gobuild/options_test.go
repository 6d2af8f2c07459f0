//go:build unix

package gobuild_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/infra/gobuild"
)

func TestOptions(t *testing.T) {
	dir := tree(t, map[string]string{
		"go.mod":   "module example.org/m\n\ngo 1.26\n",
		"main.go":  "package main\n\nvar version = \"none\"\n\nfunc main() { println(version); println(tag) }\n",
		"tag.go":   "//go:build special\n\npackage main\n\nconst tag = \"special\"\n",
		"notag.go": "//go:build !special\n\npackage main\n\nconst tag = \"plain\"\n",
	})
	plain := gobuild.Program{Dir: dir}
	says(t, plain, "none\nplain")
	with := plain
	with.Tags, with.Ldflags = []string{"special"}, "-X main.version=1.2.3"
	says(t, with, "1.2.3\nspecial")

	before := build(t, with)
	t.Setenv("GOFLAGS", "-tags=other")
	if after := build(t, with); !bytes.Equal(before, after) {
		t.Error("the same options made another binary")
	}

	// A real experiment would have the whole standard library compiled again.
	plain.Environment = map[string]string{"GOEXPERIMENT": "unheard"}
	err := gobuild.Build(t.Context(), plain, filepath.Join(t.TempDir(), "asset"), "bootstrap")
	if err == nil || !strings.Contains(err.Error(), "GOEXPERIMENT unheard") {
		t.Errorf("got %v, want that there is no such experiment", err)
	}
}

// The files of an asset have the same modes for everybody.
func TestFurtherFiles(t *testing.T) {
	dir := tree(t, map[string]string{"config.json": "{}", "static/a.txt": "a", "static/deep/run.sh": "#!/bin/sh"})
	for name, mode := range map[string]os.FileMode{"config.json": 0o600, "static/deep/run.sh": 0o700} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	asset := filepath.Join(t.TempDir(), "asset")
	p := gobuild.Program{Dir: module(t, hello), Options: gobuild.Options{Files: map[string]string{
		"etc/config.json": filepath.Join(dir, "config.json"), "static": filepath.Join(dir, "static"),
	}}}
	built := func() []string {
		t.Helper()
		if err := gobuild.Build(t.Context(), p, asset, "bootstrap"); err != nil {
			t.Fatal(err)
		}
		return list(t, asset)
	}
	want := []string{
		"-rwxr-xr-x bootstrap", "drwxr-xr-x etc", "-rw-r--r-- etc/config.json",
		"drwxr-xr-x static", "-rw-r--r-- static/a.txt", "drwxr-xr-x static/deep", "-rwxr-xr-x static/deep/run.sh",
	}
	if got := built(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	p.Files = nil
	if got := built(); !slices.Equal(got, want[:1]) {
		t.Errorf("without files: got %q, want %q", got, want[:1])
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	dir := module(t, hello)
	files := func(to, from string) gobuild.Options {
		return gobuild.Options{Files: map[string]string{to: from}}
	}
	env := func(name, value string) gobuild.Options {
		return gobuild.Options{Environment: map[string]string{name: value}}
	}
	for name, test := range map[string]struct {
		options gobuild.Options
		want    string
	}{
		"cgo": {env("CGO_ENABLED", "1"), "the environment for the build of DIR sets CGO_ENABLED=1, but programs " +
			"are built without cgo: build the executable yourself and give that"},
		"GOARCH": {env("GOARCH", "386"), "the environment for the build of DIR sets GOARCH: the architecture decides " +
			"on it, leave it out"},
		"outside": {files("../x", dir),
			`the further file "../x" is not within the asset: give a relative path that stays in it`},
		"program": {files("./bootstrap", dir),
			`the further file "./bootstrap" would replace the program: give it another path`},
		"missing": {files("x", dir+"/missing"), "there is no DIR/missing to put into the asset as x"},
		"device":  {files("x", "/dev/null"), "/dev/null cannot be put into the asset: it is not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			p := gobuild.Program{Dir: dir, Options: test.options}
			err := gobuild.Build(t.Context(), p, filepath.Join(t.TempDir(), "asset"), "bootstrap")
			if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
