// Package pages is for tests of the project's Markdown pages: it reads the code in
// them, and runs their commands.
package pages

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// indented matches a block of commands. In a list four spaces continue an item.
var indented = regexp.MustCompile(`(?m)^\n((?:    .*\n)+)`)

// Code returns the blocks of code in the section of a page with this heading, up to
// the next heading: those of a language, as in ```go, or, if it is empty, the indented
// ones, which are for commands. There is at least one.
func Code(t testing.TB, page, heading, language string) []string {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(content), "# "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n#")
	pattern := indented
	if language != "" {
		pattern = regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$")
	}
	var blocks []string
	for _, match := range pattern.FindAllStringSubmatch(section+"\n", -1) {
		blocks = append(blocks, match[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("%s has no code in %q in a section %q", page, language, heading)
	}
	return blocks
}

// Run runs commands of a page in the folder dir, and returns what they printed on
// standard output. The folder of this checkout takes the place of
// /path/to/checkout. A command that fails ends the test.
func Run(t testing.TB, dir, commands string, env ...string) string {
	t.Helper()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	isModule := func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		return err == nil
	}
	for !isModule(root) && root != filepath.Dir(root) {
		root = filepath.Dir(root)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-ec", strings.ReplaceAll(commands, "/path/to/checkout", root))
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", commands, err, out, &stderr)
	}
	return string(out)
}
