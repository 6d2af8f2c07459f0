// Package pages is for tests of the project's Markdown pages: it reads the code in
// them, and runs their commands.
package pages

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A Block is one piece of code.
type Block struct {
	// Language is what follows the fence, as in ```go. It is empty for an indented
	// block, which is for commands.
	Language string
	Text     string
}

// Section returns the code in the section of a page with this heading, which is
// given without its number signs. A section ends at the next heading.
func Section(page, heading string) ([]Block, error) {
	content, err := os.ReadFile(page)
	if err != nil {
		return nil, err
	}
	var blocks []Block
	var fence *Block // the block that has begun
	found, inside, before := false, false, ""
	for line := range strings.Lines(string(content)) {
		indented, isIndented := strings.CutPrefix(line, "    ")
		language, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence != nil && isFence:
			if inside {
				blocks = append(blocks, *fence)
			}
			fence = nil
		case fence != nil:
			fence.Text += line
		case isFence:
			fence = &Block{Language: language}
		case strings.HasPrefix(line, "#"):
			inside = strings.TrimSpace(strings.TrimLeft(line, "#")) == heading
			found = found || inside
		case inside && isIndented && before == "\n":
			blocks = append(blocks, Block{Text: indented})
		case inside && isIndented && strings.HasPrefix(before, "    "):
			blocks[len(blocks)-1].Text += indented
		}
		before = line
	}
	if !found {
		return nil, fmt.Errorf("%s has no section %q", page, heading)
	}
	return blocks, nil
}

// Code returns the only block of a language in a section; "" is for commands.
func Code(page, heading, language string) (string, error) {
	blocks, err := Section(page, heading)
	if err != nil {
		return "", err
	}
	var texts []string
	for _, b := range blocks {
		if b.Language == language {
			texts = append(texts, b.Text)
		}
	}
	if len(texts) != 1 {
		return "", fmt.Errorf("%s, section %q: got %d blocks of language %q, want 1", page, heading, len(texts), language)
	}
	return texts[0], nil
}

// Run runs commands of a page in the folder dir, and returns what they printed on
// standard output. The folder of this checkout takes the place of
// /path/to/checkout. A command that fails ends the test.
func Run(t testing.TB, dir, commands string, env ...string) string {
	t.Helper()
	root, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(root, "go.mod")); missing == nil {
			break
		}
		if filepath.Dir(root) == root {
			t.Fatal("the test does not run in the checkout")
		}
		root = filepath.Dir(root)
	}
	if err != nil {
		t.Fatal(err)
	}
	commands = strings.ReplaceAll(commands, "/path/to/checkout", root)
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-ec", commands)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", commands, err, out, &stderr)
	}
	return string(out)
}
