//go:build unix

package gobuild_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/infra/gobuild"
	"example.com/postinvoke/internal/pages"
)

const (
	toolModule = "module example.org/tool\n\ngo 1.26\n"
	tool       = "package main\n\nimport \"example.org/tool/internal/words\"\n\nfunc main() { println(words.Hello) }\n"
	// As in this project's packages: go mod vendor has no other reason to
	// copy a program.
	library = "package library\n\nconst Name = \"library\"\n"
	vendors = "//go:build never_set\n\npackage library\n\nimport _ \"example.org/tool/tool\"\n"
	user    = "package main\n\nimport \"example.org/tool/library\"\n\nfunc main() { println(library.Name) }\n"
)

func toolAndUser(t *testing.T) string {
	return tree(t, map[string]string{
		"tool/go.mod": toolModule, "tool/tool/main.go": tool, "tool/internal/words/w.go": words,
		"tool/library/l.go": library, "tool/library/v.go": vendors,
		"user/go.mod": "module example.org/user\n\ngo 1.26\n\nrequire example.org/tool v0.0.0\n\nreplace " +
			"example.org/tool => ../tool\n",
		"user/main.go": user,
	})
}

func buildDependency(t *testing.T, d *gobuild.Dependency) []byte {
	t.Helper()
	asset := filepath.Join(t.TempDir(), "asset")
	if err := d.Build(t.Context(), gobuild.Program{}, asset, program); err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(filepath.Join(asset, program))
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// The bytes of a dependency are those of its own module, however another module
// finds it.
func TestDependency(t *testing.T) {
	dir := toolAndUser(t)
	want := build(t, gobuild.Program{Dir: filepath.Join(dir, "tool", "tool")})
	user := gobuild.Program{Dir: filepath.Join(dir, "user")}

	check := func(t *testing.T) {
		t.Helper()
		d, err := user.Find(t.Context(), "example.org/tool/tool")
		if err != nil {
			t.Fatal(err)
		}
		real, err := filepath.EvalSymlinks(filepath.Join(dir, "tool"))
		if err != nil {
			t.Fatal(err)
		}
		if d.Version != "" || d.Source() != real {
			t.Errorf("got version %q, source %s; want none, %s", d.Version, d.Source(), real)
		}
		if got := buildDependency(t, d); !bytes.Equal(got, want) {
			t.Error("the dependency is another program than its own module makes")
		}
	}
	t.Run("replacement", check)
	t.Run("vendor folder", func(t *testing.T) {
		pages.Run(t, user.Dir, "go mod vendor")
		t.Setenv("GOPROXY", "off")
		check(t)
		if err := os.RemoveAll(filepath.Join(user.Dir, "vendor")); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("workspace", func(t *testing.T) {
		write(t, filepath.Join(dir, "go.work"), "go 1.26\n\nuse (\n\t./user\n\t./tool\n)\n")
		check(t)
	})
}

func TestDependencyThatIsMissing(t *testing.T) {
	dir := toolAndUser(t)
	user := gobuild.Program{Dir: filepath.Join(dir, "user")}
	for path, vendored := range map[string]bool{"example.org/tool/nowhere": false, "example.org/other": false,
		"example.org/tool/extra": true} {
		if vendored {
			pages.Run(t, user.Dir, "go mod vendor")
		}
		_, err := user.Find(t.Context(), path)
		var missing *gobuild.NotFoundError
		if !errors.As(err, &missing) {
			t.Fatalf("%s: got %v, want a NotFoundError", path, err)
		}
		if missing.Vendored != vendored || strings.Contains(missing.Words, "\n") || missing.Words == "" {
			t.Errorf("%s: got vendored %t, words %q; want %t, one line",
				path, missing.Vendored, missing.Words, vendored)
		}
		os.RemoveAll(filepath.Join(user.Dir, "vendor"))
	}
	outside := gobuild.Program{Dir: t.TempDir()}
	var missing *gobuild.NotFoundError
	if _, err := outside.Find(t.Context(), "example.org/tool/tool"); !errors.As(err, &missing) {
		t.Errorf("outside of any module: got %v, want a NotFoundError", err)
	}
}

// The extension comes with the vendor folder of each user of the library, and its
// bytes are those that everybody has.
func TestTheExtensionInAVendorFolder(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile(filepath.Join(root, "function", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	const module = "example.com/postinvoke"
	dir := tree(t, map[string]string{"go.mod": "module example.org/mine\n\ngo 1.26.0\n", "main.go": string(example)})
	pages.Run(t, dir, "go mod edit -require="+module+"@v0.0.0 -replace="+module+"="+root)
	pages.Run(t, dir, "go mod tidy")
	pages.Run(t, dir, "go mod vendor")
	want := build(t, gobuild.Program{Dir: filepath.Join(root, "extension")})

	t.Setenv("GOPROXY", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	d, err := gobuild.Program{Dir: dir}.Find(t.Context(), module+"/extension")
	if err != nil {
		t.Fatal(err)
	}
	if got := buildDependency(t, d); !bytes.Equal(got, want) {
		t.Error("the extension of the vendor folder is another one")
	}
	build(t, gobuild.Program{Dir: dir}) // the function, from the same folder
}
