//go:build unix

package gobuild_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/infra/gobuild"
	"example.com/postinvoke/internal/pages"
)

// tree writes files below a new folder and returns it.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, text)
	}
	return dir
}

// says checks that the program that Build makes for this machine prints want.
// What it makes for Lambda must at least have each of these lines in it.
func says(t *testing.T, p gobuild.Program, want string) {
	t.Helper()
	for _, host := range []bool{true, false} {
		p.Host = host
		dir := filepath.Join(t.TempDir(), "asset")
		if err := gobuild.Build(t.Context(), p, dir, "bootstrap"); err != nil {
			t.Fatalf("host %t: %v", host, err)
		}
		binary := filepath.Join(dir, "bootstrap")
		if host {
			out, err := exec.Command(binary).CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != want {
				t.Errorf("got %q, %v; want %q", out, err, want)
			}
			continue
		}
		content, err := os.ReadFile(binary)
		if err != nil {
			t.Fatal(err)
		}
		for word := range strings.Lines(want) {
			if !bytes.Contains(content, []byte(strings.TrimSpace(word))) {
				t.Errorf("the program for Lambda does not have %q in it", word)
			}
		}
	}
}

const (
	program1 = "package main\n\nimport \"example.org/words\"\n\nfunc main() { println(words.Hello) }\n"
	words    = "package words\n\nconst Hello = \"hello from the replacement\"\n"
	requires = "module example.org/m\n\ngo 1.26\n\nrequire example.org/words v0.0.0\n\nreplace example.org/words " +
		"=> ../words\n"
)

// A vendor folder is used, as by go build: nothing else has the package, and
// nobody can be asked for it.
func TestVendorFolder(t *testing.T) {
	dir := tree(t, map[string]string{
		"m/go.mod": requires, "m/cmd/main.go": program1,
		"words/go.mod": "module example.org/words\n\ngo 1.26\n", "words/words.go": words,
	})
	pages.Run(t, filepath.Join(dir, "m"), "go mod vendor")
	if err := os.RemoveAll(filepath.Join(dir, "words")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFLAGS", "")
	says(t, gobuild.Program{Dir: filepath.Join(dir, "m", "cmd")}, "hello from the replacement")
}

// A vendor folder that does not fit go.mod is refused in the go command's words.
func TestVendorFolderThatDoesNotFit(t *testing.T) {
	dir := tree(t, map[string]string{
		"m/go.mod": requires, "m/main.go": program1, "m/vendor/modules.txt": "",
		"words/go.mod": "module example.org/words\n\ngo 1.26\n", "words/words.go": words,
	})
	err := gobuild.Build(t.Context(), gobuild.Program{Dir: filepath.Join(dir, "m")}, filepath.Join(t.TempDir(),
		"asset"), "bootstrap")
	if err == nil || !strings.Contains(err.Error(), "inconsistent vendoring") {
		t.Errorf("got %v, want that the vendoring is inconsistent", err)
	}
}

// A go.work file decides which source a module is built from, as by go build.
func TestWorkspace(t *testing.T) {
	dir := tree(t, map[string]string{
		"go.work":  "go 1.26\n\nuse (\n\t./m\n\t./words\n)\n",
		"m/go.mod": "module example.org/m\n\ngo 1.26\n", "m/main.go": program1,
		"words/go.mod": "module example.org/words\n\ngo 1.26\n",
		"words/w.go":   strings.Replace(words, "replacement", "workspace", 1),
	})
	says(t, gobuild.Program{Dir: filepath.Join(dir, "m")}, "hello from the workspace")
}

// A module that the go.work file above it leaves out is refused, as by go build.
func TestModuleOutsideOfItsWorkspace(t *testing.T) {
	dir := tree(t, map[string]string{
		"go.work": "go 1.26\n\nuse ./words\n", "m/go.mod": "module example.org/m\n\ngo 1.26\n", "m/main.go": hello,
		"words/go.mod": "module example.org/words\n\ngo 1.26\n", "words/w.go": words,
	})
	p := gobuild.Program{Dir: filepath.Join(dir, "m")}
	err := gobuild.Build(t.Context(), p, filepath.Join(t.TempDir(), "asset"), "bootstrap")
	if err == nil || !strings.Contains(err.Error(), "go work use") {
		t.Errorf("got %v, want the go command's advice to use go work use", err)
	}
	t.Setenv("GOWORK", "off")
	says(t, p, "hello")
}

func TestModuleOneFolderUp(t *testing.T) {
	dir := tree(t, map[string]string{
		"go.mod": "module example.org/m\n\ngo 1.26\n", "cmd/hello/main.go": strings.Replace(hello, `"hello"`, "greeting", 1),
		"cmd/hello/greeting.go": "package main\n\nvar greeting = \"hello from below\"\n",
	})
	says(t, gobuild.Program{Dir: filepath.Join(dir, "cmd", "hello")}, "hello from below")
}

// The user's cgo is not in force.
func TestCgoIsRefused(t *testing.T) {
	const ownC = "package main\n\n// int answer() { return 42; }\nimport \"C\"\n\nfunc main() { println(C.answer()) }\n"
	const part = "package main\n\n// int answer() { return 42; }\nimport \"C\"\n\nfunc answer() int { return " +
		"int(C.answer()) }\n"
	const other = "package words\n\n// #define HELLO \"hello\"\nimport \"C\"\n\nconst Hello = C.HELLO\n"
	for name, test := range map[string]struct {
		files        map[string]string
		pkg, imports string
	}{
		"the program": {map[string]string{"m/main.go": ownC}, "example.org/m", "main.go"},
		"a part of it": {map[string]string{
			"m/answer.go": part, "m/main.go": "package main\n\nfunc main() { println(answer()) }\n",
		}, "example.org/m", "answer.go"},
		"a package of another module": {map[string]string{
			"m/go.mod": requires, "m/main.go": program1,
			"words/go.mod": "module example.org/words\n\ngo 1.26\n", "words/words.go": other,
		}, "example.org/words", "words.go"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.files["m/go.mod"] == "" {
				test.files["m/go.mod"] = "module example.org/m\n\ngo 1.26\n"
			}
			dir := filepath.Join(tree(t, test.files), "m")
			t.Setenv("CGO_ENABLED", "1")
			off := gobuild.Options{Environment: map[string]string{"CGO_ENABLED": "0"}}
			for _, p := range []gobuild.Program{{Dir: dir}, {Dir: dir, Host: true, Options: off}} {
				err := gobuild.Build(t.Context(), p, filepath.Join(t.TempDir(), "asset"), "bootstrap")
				var cgo *gobuild.CgoError
				if !errors.As(err, &cgo) {
					t.Fatalf("host %t: got %v, want a CgoError", p.Host, err)
				}
				if cgo.Package != test.pkg || cgo.File != test.imports {
					t.Errorf("got package %s, file %s; want %s, %s", cgo.Package, cgo.File, test.pkg, test.imports)
				}
				if !strings.HasPrefix(err.Error(), "the program in "+dir+" needs cgo: ") {
					t.Errorf("got %q", err)
				}
			}
		})
	}
}

// A mistake in a program is not taken for cgo because a package could use it.
func TestAMistakeIsNotTakenForCgo(t *testing.T) {
	dir := tree(t, map[string]string{
		"m/go.mod": requires, "m/main.go": strings.Replace(program1, "words.Hello", "words.Hallo", 1),
		"words/go.mod": "module example.org/words\n\ngo 1.26\n", "words/words.go": words,
		"words/fast.go": "package words\n\nimport \"C\"\n",
	})
	err := gobuild.Build(t.Context(), gobuild.Program{Dir: filepath.Join(dir, "m")}, filepath.Join(t.TempDir(),
		"asset"), "bootstrap")
	var cgo *gobuild.CgoError
	if err == nil || errors.As(err, &cgo) || !strings.Contains(err.Error(), "undefined: words.Hallo") {
		t.Errorf("got %v, want the compiler's words", err)
	}
}
