package hooklint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	wanted  = regexp.MustCompile("// want ((?:`[^`]*` ?)+)$")
	quoted  = regexp.MustCompile("`([^`]*)`")
	link    = regexp.MustCompile(`docs/hooklint\.md#(\w+)\\\)`)
	section = regexp.MustCompile(`(?m)^### (\w+)$`)
)

// Each diagnostic is wanted by a comment on its line, and each comment gets
// what it wants.
func TestDiagnostics(t *testing.T) {
	t.Parallel()
	want := map[string][]string{} // by file and line
	for _, file := range sources(t) {
		content, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(content)) {
			n++
			for _, comment := range wanted.FindAllStringSubmatch(strings.TrimSpace(line), -1) {
				for _, text := range quoted.FindAllStringSubmatch(comment[1], -1) {
					place := fmt.Sprintf("%s:%d", file, n)
					want[place] = append(want[place], text[1])
				}
			}
		}
	}
	for _, d := range vet(t, "testdata", "./...").diagnostics() {
		place := fmt.Sprintf("%s:%s", d.file, d.line)
		i := slices.IndexFunc(want[place], func(text string) bool {
			return regexp.MustCompile(text).MatchString(d.message)
		})
		if i < 0 {
			t.Errorf("%s: unexpected: %s", place, d.message)
			continue
		}
		want[place] = slices.Delete(want[place], i, i+1)
	}
	for place, texts := range want {
		for _, text := range texts {
			t.Errorf("%s: nothing matches %s", place, text)
		}
	}
}

// sources returns the Go files in testdata, as relative paths.
func sources(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*/*.go", "*/*/*.go", "*/*/*/*.go"} {
		matches, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil || len(matches) == 0 {
			t.Fatalf("%s matches nothing: %v", pattern, err)
		}
		for _, match := range matches {
			files = append(files, strings.TrimPrefix(filepath.ToSlash(match), "testdata/"))
		}
	}
	return files
}

// Each check is tested with its link, and described.
func TestEachLinkLeadsToASection(t *testing.T) {
	page, err := os.ReadFile("../../docs/hooklint.md")
	if err != nil {
		t.Fatal(err)
	}
	var links, sections []string
	for _, file := range sources(t) {
		content, err := os.ReadFile(filepath.Join("testdata", file))
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
