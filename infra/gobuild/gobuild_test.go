//go:build unix

package gobuild_test

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"example.com/postinvoke/infra/gobuild"
)

const hello = "package main\n\nfunc main() { println(\"hello\") }\n"

// module writes a module of one package and returns its folder.
func module(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.org/m\n\ngo 1.26\n")
	write(t, filepath.Join(dir, "main.go"), source)
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// build builds p as an extension is, and checks all of the asset but its bytes,
// which it returns.
func build(t *testing.T, p gobuild.Program) []byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "asset")
	buildInto(t, p, dir)
	binary, err := os.ReadFile(filepath.Join(dir, program))
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

const program = "extensions/program"

func buildInto(t *testing.T, p gobuild.Program, dir string) {
	t.Helper()
	if err := gobuild.Build(t.Context(), p, dir, program); err != nil {
		t.Fatal(err)
	}
	want := []string{"drwxr-xr-x asset", "drwxr-xr-x asset/extensions", "-rwxr-xr-x asset/" + program}
	if got := list(t, filepath.Dir(dir)); !slices.Equal(got, want) {
		t.Errorf("asset and what is beside it: got %q, want %q", got, want)
	}
}

// list returns the modes and paths of all that is below dir.
func list(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		found = append(found, info.Mode().String()+" "+name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSameBytesWhateverTheFolderAndEnvironment(t *testing.T) {
	p := gobuild.Program{Dir: module(t, hello), Arch: gobuild.AMD64}
	here := build(t, p)

	// The settings of go env -w alone: no variable is in their way.
	config := filepath.Join(t.TempDir(), "goenv")
	write(t, config, "GOAMD64=v3\nGOFLAGS=-gcflags=all=-N\nGOEXPERIMENT=nojsonv2\nGO111MODULE=off\n")
	t.Setenv("GOENV", config)
	if configured := build(t, p); !bytes.Equal(here, configured) {
		t.Error("another configuration made another binary")
	}

	for name, value := range map[string]string{
		"GOFLAGS": "-gcflags=all=-N", "GOOS": "windows", "GOARCH": "386",
		"GOAMD64": "v4", "GOARM64": "v9.0", "GOEXPERIMENT": "nojsonv2", "GODEBUG": "http2client=0",
		"GOFIPS140": "latest", "GO111MODULE": "off", "CGO_ENABLED": "1", "CGO_CFLAGS": "-g",
	} {
		t.Setenv(name, value)
	}
	p.Dir = module(t, hello)
	umask := syscall.Umask(0o077)
	defer syscall.Umask(umask)
	if there := build(t, p); !bytes.Equal(here, there) {
		t.Error("another folder, umask and environment made another binary")
	}
}

// Files of an interrupted build, or of another program, do not become part of the
// asset.
func TestOnlyTheProgramStays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "asset")
	for _, path := range []string{"stale", ".building-1/program", "extensions/other", program + "/is a folder"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, path), "")
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	buildInto(t, gobuild.Program{Dir: module(t, hello)}, dir)
}

// While one process compiles, another may already read the asset.
func TestNothingInTheAssetWhileCompiling(t *testing.T) {
	p := gobuild.Program{Dir: module(t, hello)}
	dir := filepath.Join(t.TempDir(), "asset")
	buildInto(t, p, dir)

	real, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	bin, seen := t.TempDir(), filepath.Join(t.TempDir(), "seen")
	script := fmt.Sprintf("#!/bin/sh\nd='%s'\n[ \"$1\" = build ] && printf '%%s\\n' \"$d\" \"$d\"/* \"$d\"/*/* "+
		">'%s'\nexec '%s' \"$@\"\n", dir, seen, real)
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	buildInto(t, p, dir)
	got, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join([]string{dir, dir + "/extensions", dir + "/" + program, ""}, "\n"); string(got) != want {
		t.Errorf("in the asset while compiling: got %q, want %q", got, want)
	}
}

func TestSeveralAtOnce(t *testing.T) {
	p := gobuild.Program{Dir: module(t, hello)}
	dir := filepath.Join(t.TempDir(), "asset")
	var builds sync.WaitGroup
	for range 3 {
		builds.Go(func() {
			if err := gobuild.Build(t.Context(), p, dir, program); err != nil {
				t.Error(err)
			}
		})
	}
	builds.Wait()
	buildInto(t, p, dir)
}

func TestArchitectures(t *testing.T) {
	dir := module(t, hello)
	for arch, want := range map[string]elf.Machine{
		"": elf.EM_AARCH64, gobuild.AMD64: elf.EM_X86_64,
	} {
		file, err := elf.NewFile(bytes.NewReader(build(t, gobuild.Program{Dir: dir, Arch: arch})))
		if err != nil {
			t.Fatal(err)
		}
		if file.Machine != want {
			t.Errorf("architecture %q: got %v, want %v", arch, file.Machine, want)
		}
	}
}

// A flag that go run does not have, or another value of a setting, would make the
// first run of the demo compile the standard library twice.
func TestHostSharesCompiledPackagesWithGoRun(t *testing.T) {
	dir := module(t, hello)
	asset := filepath.Join(t.TempDir(), "asset")
	if err := gobuild.Build(t.Context(), gobuild.Program{Dir: dir, Host: true}, asset, "hello"); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(t.TempDir(), "hello")
	cmd := exec.Command("go", "build", "-o", plain, ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	if got, want := settings(t, filepath.Join(asset, "hello")), settings(t, plain); !slices.Equal(got, want) {
		t.Errorf("settings of the build: got %v, want those of go build, %v", got, want)
	}
}

// settings are those with which the program was built.
func settings(t *testing.T, program string) []debug.BuildSetting {
	t.Helper()
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	return info.Settings
}

func TestCompileErrorIsTheCompilersWords(t *testing.T) {
	dir := module(t, "package main\n\nfunc main() { missing() }\n")
	err := gobuild.Build(t.Context(), gobuild.Program{Dir: dir}, filepath.Join(t.TempDir(), "asset"), "bootstrap")
	var compile *gobuild.CompileError
	if !errors.As(err, &compile) {
		t.Fatalf("got %v, want a CompileError", err)
	}
	if want := "# example.org/m\n./main.go:3:15: undefined: missing"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestMistakes(t *testing.T) {
	noGo := func(t *testing.T) { t.Setenv("PATH", t.TempDir()) }
	for name, test := range map[string]struct {
		program gobuild.Program
		setup   func(*testing.T)
		want    string
	}{
		"no folder": {gobuild.Program{Dir: "nowhere"}, nil, "there is no folder nowhere to build"},
		"architecture": {gobuild.Program{Dir: ".", Arch: "x86_64"}, nil,
			`cannot build for architecture "x86_64": use arm64 or amd64`},
		"not main": {gobuild.Program{Dir: "."}, nil, ". is not package main: there is nothing to run"},
		"no Go": {gobuild.Program{Dir: "."}, noGo, "the go command was not found: install Go 1.26 or later " +
			"(https://go.dev/dl) and put it on the PATH"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.setup != nil {
				test.setup(t)
			}
			err := gobuild.Build(context.Background(), test.program, filepath.Join(t.TempDir(), "asset"), "bootstrap")
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
