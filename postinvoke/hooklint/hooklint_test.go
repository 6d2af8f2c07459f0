package hooklint_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"example.com/postinvoke/postinvoke/hooklint"
)

// modules are those with the packages that are looked at.
var modules = []string{"testdata", "testdata/next"}

// analysistest does not download what the modules in testdata need.
func TestMain(m *testing.M) {
	for _, dir := range modules {
		download := exec.Command("go", "mod", "download")
		download.Dir = dir
		if out, err := download.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "download the dependencies of %s: %v\n%s", dir, err, out)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func TestDiagnostics(t *testing.T) {
	for _, module := range modules {
		dir, err := filepath.Abs(module)
		if err != nil {
			t.Fatal(err)
		}
		analysistest.Run(t, dir, hooklint.Analyzer, "./...")
	}
}

var (
	link    = regexp.MustCompile(`docs/hooklint\.md#(\w+)\\\)`)
	section = regexp.MustCompile(`(?m)^### (\w+)$`)
)

// Each check is tested with its link, and described.
func TestEachLinkLeadsToASection(t *testing.T) {
	page, err := os.ReadFile("../../docs/hooklint.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	unwrapped, err := filepath.Glob("testdata/*/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var links, sections []string
	for _, file := range append(files, unwrapped...) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllSubmatch(content, -1) {
			links = append(links, string(m[1]))
		}
	}
	for _, m := range section.FindAllSubmatch(page, -1) {
		sections = append(sections, string(m[1]))
	}
	slices.Sort(links)
	slices.Sort(sections)
	if got := slices.Compact(links); !slices.Equal(got, sections) || len(got) != 7 {
		t.Errorf("diagnostics link to %v, docs/hooklint.md has sections %v", got, sections)
	}
}
