//go:build unix

// Package deploy_test follows docs/deploying.md for deployments without CDK: in an
// empty folder, with the page's own commands.
package deploy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/postinvoke/internal/pages"
)

const page = "../docs/deploying.md"

// shared is a folder for what several tests use: hello is the one in it in which the
// page's preparation has been done, and built one in which the layers and the function
// are built as well, which printed that. They are empty before that.
var shared, hello, built, printed string

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "deploy-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if moto.stop != nil {
		moto.stop()
	}
	os.RemoveAll(shared)
	os.Exit(code)
}

var code = regexp.MustCompile("`([^`]+)`")

// table returns the commands in the table, by what those use whom it is for.
func table(t *testing.T) map[string][]string {
	t.Helper()
	_, text, _ := strings.Cut(read(t, page), "\n|---|---|---|\n")
	text, _, _ = strings.Cut(text, "\n\n")
	rows := map[string][]string{}
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			t.Fatalf("this line of the table has not three cells: %s", line)
		}
		tool := strings.TrimSpace(cells[1])
		for _, command := range code.FindAllStringSubmatch(cells[3], -1) {
			rows[tool] = append(rows[tool], command[1])
		}
		if len(rows[tool]) != 3 {
			t.Errorf("%s: got commands %q, want three", tool, rows[tool])
		}
	}
	return rows
}

func row(t *testing.T, tool string) []string {
	t.Helper()
	commands := table(t)[tool]
	if len(commands) != 3 {
		t.Fatalf("the table has no row for %s", tool)
	}
	return commands
}

// emptyFolder returns an empty folder in which the page's preparation has been done:
// once, and each test gets a copy.
func emptyFolder(t *testing.T) string {
	t.Helper()
	if hello == "" {
		dir := filepath.Join(shared, "hello")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		pages.Run(t, dir, pages.Code(t, page, "Without CDK", "")[0])
		hello = dir
	}
	return copyOf(t, hello)
}

// builtFolder returns such a folder in which the page's command has built the layers and
// the function, and what the command printed.
func builtFolder(t *testing.T) (dir, output string) {
	t.Helper()
	if built == "" {
		dir := emptyFolder(t)
		printed = pages.Run(t, dir, row(t, "something else")[0]+" -public")
		built = filepath.Join(shared, "built")
		if err := os.CopyFS(built, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
	}
	return copyOf(t, built), printed
}

func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Every row is tried by a test, or cannot be, for the reason given here.
func TestEveryRowOfTheTableIsTried(t *testing.T) {
	tried := map[string]string{
		"SAM":              "TestSAM; sam itself is not needed: its part is done as its source has it, by make",
		"Terraform":        "TestTerraform",
		"container images": "TestImage; docker build needs a builder and AWS's base image",
		"something else":   "TestSomethingElse",
	}
	for tool := range table(t) {
		if tried[tool] == "" {
			t.Errorf("nothing tries the row for %s", tool)
		}
		delete(tried, tool)
	}
	for tool := range tried {
		t.Errorf("the table has no row for %s any more", tool)
	}
}
