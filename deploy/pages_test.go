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

	"example.com/postinvoke/deploy/moto"
	"example.com/postinvoke/internal/pages"
)

// shared is a folder for what several tests use. prepared is the one in it in which
// the page's preparation has been done, or empty.
var shared, prepared string

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "deploy-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	moto.Stop()
	os.RemoveAll(shared)
	os.Exit(code)
}

// page is the part of docs/deploying.md about deploying without CDK.
func page(t *testing.T) string {
	t.Helper()
	text := read(t, "../docs/deploying.md")
	_, text, found := strings.Cut(text, "\n## Without CDK\n")
	if !found {
		t.Fatal("docs/deploying.md has no section Without CDK")
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// preparation are the commands before the table.
func preparation(t *testing.T) string {
	t.Helper()
	text, _, _ := strings.Cut(page(t), "\n| I use ")
	var commands []string
	for line := range strings.Lines(text) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			commands = append(commands, command)
		}
	}
	if len(commands) == 0 {
		t.Fatal("no commands stand before the table")
	}
	return strings.Join(commands, "")
}

var code = regexp.MustCompile("`([^`]+)`")

// table returns the commands in the table, by what those use whom it is for.
func table(t *testing.T) map[string][]string {
	t.Helper()
	_, text, _ := strings.Cut(page(t), "\n|---|---|---|\n")
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

// block returns the indented command of the page that begins so, in one line.
func block(t *testing.T, section, begin string) string {
	t.Helper()
	_, text, found := strings.Cut(page(t), "\n### "+section+"\n")
	text, _, _ = strings.Cut(text, "\n### ")
	_, text, begins := strings.Cut(text, "\n    "+begin)
	if !found || !begins {
		t.Fatalf("section %s has no command that begins with %q", section, begin)
	}
	var command strings.Builder
	command.WriteString(begin)
	for line := range strings.Lines(text) {
		more, continued := strings.CutSuffix(strings.TrimRight(line, "\n"), `\`)
		command.WriteString(more)
		if !continued {
			break
		}
	}
	return command.String()
}

// empty returns an empty folder in which the page's preparation has been done: once,
// and each test gets a copy.
func empty(t *testing.T) string {
	t.Helper()
	if prepared == "" {
		dir := filepath.Join(shared, "hello")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		pages.Run(t, dir, preparation(t))
		prepared = dir
	}
	dir := t.TempDir()
	pages.Run(t, prepared, "cp -R . "+dir)
	return dir
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
