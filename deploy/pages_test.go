//go:build unix

// Package deploy_test does what docs/deploying.md tells those who do not use
// CDK: in an empty folder, with the page's own commands.
package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

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

// row returns the commands in the table for those who use tool.
func row(t *testing.T, tool string) []string {
	t.Helper()
	for line := range strings.Lines(page(t)) {
		if cells := strings.Split(line, "|"); len(cells) == 5 && strings.TrimSpace(cells[1]) == tool {
			var commands []string
			for _, command := range code.FindAllStringSubmatch(cells[3], -1) {
				commands = append(commands, command[1])
			}
			if len(commands) != 3 {
				t.Fatalf("%s: got commands %q, want three", tool, commands)
			}
			return commands
		}
	}
	t.Fatalf("the table has no row for %s", tool)
	return nil
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

// empty returns an empty folder in which the page's preparation has been done.
func empty(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	sh(t, dir, preparation(t))
	return dir
}

// sh runs commands of the page in a folder, and returns what they printed.
func sh(t *testing.T, dir, commands string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-ec", strings.ReplaceAll(commands, "/path/to/checkout", root))
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", commands, err, out)
	}
	return string(out)
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// README.md has the same table.
func TestTheReadmeHasTheSameTable(t *testing.T) {
	_, table, _ := strings.Cut(page(t), "\n| I use ")
	table, _, _ = strings.Cut("| I use "+table, "\n\n")
	if !strings.Contains(read(t, "../README.md"), table) {
		t.Errorf("README.md does not have the table of docs/deploying.md:\n%s", table)
	}
}

// Every row is tried by a test, or cannot be, for the reason given here.
func TestEveryRowOfTheTableIsTried(t *testing.T) {
	tried := map[string]string{
		"SAM":              "TestSAM; sam itself is in no registry that CI asks: its part is done as its source has it, by make",
		"Terraform":        "TestTerraform",
		"container images": "TestImage; docker build needs a builder and AWS's base image",
		"something else":   "TestSomethingElse",
		"CDK":              "infra's tests and cdk synth of internal/check; bootstrap and deploy need an account",
	}
	var rows []string
	for line := range strings.Lines(page(t)) {
		if cells := strings.Split(line, "|"); len(cells) == 5 && !strings.Contains(cells[1], "---") && !strings.Contains(cells[1], "I use") {
			rows = append(rows, strings.TrimSpace(cells[1]))
		}
	}
	for _, tool := range rows {
		if tried[tool] == "" {
			t.Errorf("nothing tries the row for %s", tool)
		}
		delete(tried, tool)
	}
	for tool := range tried {
		t.Errorf("the table has no row for %s any more", tool)
	}
}
