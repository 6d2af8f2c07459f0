//go:build unix

package gobuild_test

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.com/postinvoke/infra/gobuild"
)

const hello = "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n"

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

func build(t *testing.T, p gobuild.Program) []byte {
	t.Helper()
	output := filepath.Join(t.TempDir(), "asset", "bootstrap")
	if err := gobuild.Build(t.Context(), p, output); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(output)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o755 {
		t.Errorf("mode of the binary: got %o, want 755", got)
	}
	entries, err := os.ReadDir(filepath.Dir(output))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("got %d files beside the binary, want none: they would be part of the asset", len(entries)-1)
	}
	binary, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

func TestSameBytesWhateverTheFolderAndEnvironment(t *testing.T) {
	here := build(t, gobuild.Program{Dir: module(t, hello), Arch: gobuild.AMD64})

	elsewhere := module(t, hello)
	write(t, filepath.Join(elsewhere, "go.work"), "go 1.26\n\nuse ./nowhere\n")
	config := filepath.Join(t.TempDir(), "goenv")
	write(t, config, "GOAMD64=v3\nGOFLAGS=-tags=config\n")
	for name, value := range map[string]string{
		"GOENV": config, "GOFLAGS": "-tags=exported", "GOOS": "windows", "GOARCH": "386",
		"GOAMD64": "v4", "GOARM64": "v9.0", "GOEXPERIMENT": "nojsonv2", "GODEBUG": "http2client=0",
		"GOFIPS140": "latest", "GO111MODULE": "off", "CGO_ENABLED": "1", "CGO_CFLAGS": "-g",
	} {
		t.Setenv(name, value)
	}
	umask := syscall.Umask(0o077)
	defer syscall.Umask(umask)
	if there := build(t, gobuild.Program{Dir: elsewhere, Arch: gobuild.AMD64}); !bytes.Equal(here, there) {
		t.Error("another folder, umask and environment made another binary")
	}
}

func TestAnotherSourceMakesAnotherBinary(t *testing.T) {
	a := build(t, gobuild.Program{Dir: module(t, hello)})
	b := build(t, gobuild.Program{Dir: module(t, strings.Replace(hello, "hello", "howdy", 1))})
	if bytes.Equal(a, b) {
		t.Error("two programs have the same binary")
	}
}

func TestArchitectures(t *testing.T) {
	dir := module(t, hello)
	for arch, want := range map[string]elf.Machine{
		"": elf.EM_AARCH64, gobuild.ARM64: elf.EM_AARCH64, gobuild.AMD64: elf.EM_X86_64,
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

func TestCompileErrorIsTheCompilersWords(t *testing.T) {
	dir := module(t, "package main\n\nfunc main() { missing() }\n")
	err := gobuild.Build(t.Context(), gobuild.Program{Dir: dir}, filepath.Join(t.TempDir(), "asset", "bootstrap"))
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
		"no folder":    {gobuild.Program{Dir: "nowhere"}, nil, "there is no folder nowhere to build"},
		"architecture": {gobuild.Program{Dir: ".", Arch: "x86_64"}, nil, `cannot build for architecture "x86_64": use arm64 or amd64`},
		"not main":     {gobuild.Program{Dir: "."}, nil, ". is not package main: there is nothing to run"},
		"no Go":        {gobuild.Program{Dir: "."}, noGo, "the go command was not found: install Go 1.26 or later (https://go.dev/dl) and put it on the PATH"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.setup != nil {
				test.setup(t)
			}
			err := gobuild.Build(context.Background(), test.program, filepath.Join(t.TempDir(), "asset", "bootstrap"))
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
