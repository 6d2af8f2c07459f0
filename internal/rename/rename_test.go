package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/internal/checkout"
	"example.com/postinvoke/internal/pages"
)

// A copy that was renamed builds, its pages have no dead link, and nothing in it
// has the old path any more.
func TestARenamedCopyBuilds(t *testing.T) {
	dir := t.TempDir()
	if err := checkout.Copy("../..", dir); err != nil {
		t.Fatal(err)
	}
	const path = "github.com/someone/post-invoke"
	var printed bytes.Buffer
	if err := run(t.Context(), dir, []string{path}, &printed, io.Discard); err != nil {
		t.Fatal(err)
	}
	if want := "is now " + path; !strings.Contains(printed.String(), want) {
		t.Errorf("got %q, want %q in it", &printed, want)
	}
	files, err := checkout.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	old := strings.TrimSpace(pages.Run(t, ".", "go list -m"))
	for _, name := range files {
		if data := read(t, filepath.Join(dir, name)); bytes.Contains(data, []byte(old)) {
			t.Errorf("%s still has %s", name, old)
		}
	}
	security := read(t, filepath.Join(dir, "SECURITY.md"))
	if !bytes.Contains(security, []byte("https://"+path+"/security/advisories/new")) {
		t.Errorf("SECURITY.md: got no place to report to\n%s", security)
	}
	for _, page := range []string{"README.md", "docs/deploying.md"} {
		text := read(t, filepath.Join(dir, page))
		if bytes.Contains(text, []byte("placeholder")) || bytes.Contains(text, []byte("reserved name")) {
			t.Errorf("%s still speaks of a placeholder", page)
		}
	}
	// All imports are found, which is what a path can break. The library, the
	// extension and the tests of pages are compiled as well.
	pages.Run(t, dir, "go list -deps -test ./...")
	pages.Run(t, filepath.Join(dir, "recipes"), "go list -deps -test ./...")
	pages.Run(t, dir, "go build ./postinvoke/... ./extension && go test -run 'Document|Workflows' ./internal/check")
	if out := pages.Run(t, dir, "gofmt -l ."); out != "" {
		t.Errorf("these files are not formatted any more: %s", out)
	}
}

func TestRenamingOfText(t *testing.T) {
	for name, test := range map[string]struct{ from, to, contact, text, want string }{
		"import":     {"a.b/c", "d.e/f", "", `"a.b/c/record"`, `"d.e/f/record"`},
		"longer":     {"a.b/c", "d.e/f", "", "a.b/cd and xa.b/c", "a.b/cd and xa.b/c"},
		"another":    {"a.b/c", "d.e/f", "", "axb/c", "axb/c"},
		"address":    {"a.b/c", "d.e/f", "", "https://a.b/c/issues", "https://d.e/f/issues"},
		"contact":    {"a.b/c", "d.e/f", "mailto:x@d.e", "https://a.b/c" + advisories, "mailto:x@d.e"},
		"no contact": {"a.b/c", "d.e/f", "", "https://a.b/c" + advisories, "https://d.e/f" + advisories},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "go.mod"), "module "+test.from+"\n\ngo 1.26\n")
			write(t, filepath.Join(dir, "page.txt"), test.text)
			args := []string{test.to}
			if test.contact != "" {
				args = []string{"-contact", test.contact, test.to}
			}
			if err := run(t.Context(), dir, args, io.Discard, io.Discard); err != nil {
				t.Fatal(err)
			}
			if got := string(read(t, filepath.Join(dir, "page.txt"))); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := strings.TrimSpace(pages.Run(t, dir, "go list -m")); got != test.to {
				t.Errorf("module: got %s, want %s", got, test.to)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module a.b/c\n\ngo 1.26\n")
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "give one module path"},
		{[]string{"d.e/f", "d.e/g"}, "give one module path"},
		{[]string{"a.b/c"}, "the module is a.b/c already"},
		{[]string{"d.e/f g"}, `"d.e/f g" cannot be a module path: `},
		{[]string{"https://d.e/f"}, `"https://d.e/f" cannot be a module path: `},
	} {
		err := run(t.Context(), dir, test.args, io.Discard, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %q", test.args, err, test.want)
		}
	}
	if got := string(read(t, filepath.Join(dir, "go.mod"))); got != "module a.b/c\n\ngo 1.26\n" {
		t.Errorf("go.mod: got %q after mistakes, want it as it was", got)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
