package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/internal/checkout"
)

var (
	linkTarget = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noAnchor   = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)

	testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	testName     = regexp.MustCompile("`(Test\\w+)`")
)

// Links within the project lead to files and headings that exist.
func TestLinksOfTheDocumentationLeadSomewhere(t *testing.T) {
	t.Chdir("../..")
	for _, page := range files(t, ".md") {
		joined := strings.ReplaceAll(read(t, page), "\n", " ") // a link's text may span lines
		for _, link := range linkTarget.FindAllStringSubmatch(joined, -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(link[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: there is no %s", page, link[1])
			} else if anchor != "" && !slices.Contains(anchors(t, target), anchor) {
				t.Errorf("%s: %s has no heading for #%s", page, target, anchor)
			}
		}
	}
}

// Tests that pages name exist.
func TestTheDocumentationNamesTestsThatExist(t *testing.T) {
	t.Chdir("../..")
	exist := testNames(t)
	for _, page := range files(t, ".md") {
		for _, test := range testName.FindAllStringSubmatch(read(t, page), -1) {
			if !exist[test[1]] {
				t.Errorf("%s names the test %s, which does not exist", page, test[1])
			}
		}
	}
}

// Workflows run packages and programs that exist, and actions by commit.
func TestWorkflowsNameWhatExists(t *testing.T) {
	t.Chdir("../..")
	workflows, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(workflows) == 0 {
		t.Fatalf("got %q, %v", workflows, err)
	}
	ours := regexp.MustCompile(`\s(\.{1,2}/[\w./-]+|\.ci/\w+)`)
	pinned := regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40} # v\d`)
	for _, workflow := range workflows {
		text := read(t, workflow)
		for _, path := range ours.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(strings.TrimSuffix(path[1], "/...")); err != nil {
				t.Errorf("%s runs %s, which does not exist", workflow, path[1])
			}
		}
		for line := range strings.Lines(text) {
			_, action, found := strings.Cut(line, "uses: ")
			if found && !strings.HasPrefix(action, "./") && !pinned.MatchString(action) {
				t.Errorf("%s: %q is not a commit with its version beside it", workflow, strings.TrimSpace(action))
			}
		}
	}
}

// files returns those of the checkout whose names end so. node_modules, which is
// not of it, has Go templates that are not Go.
func files(t *testing.T, end string) []string {
	t.Helper()
	all, err := checkout.Files(".")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(name string) bool { return !strings.HasSuffix(name, end) })
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// anchors returns the anchors that GitHub gives a page's headings.
func anchors(t *testing.T, page string) []string {
	t.Helper()
	var all []string
	for _, h := range heading.FindAllStringSubmatch(read(t, page), -1) {
		all = append(all, strings.ReplaceAll(noAnchor.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
	}
	return all
}

// testNames returns the names of all tests below the current folder.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, file := range files(t, "_test.go") {
		for _, f := range testFunction.FindAllStringSubmatch(read(t, file), -1) {
			names[f[1]] = true
		}
	}
	return names
}
