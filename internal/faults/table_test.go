package faults_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The table is what people read, so it names every script, and nothing that does
// not exist.
func TestTheTableNamesEveryScript(t *testing.T) {
	table, err := os.ReadFile("../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range scripts {
		scripts[i] = strings.TrimSuffix(filepath.Base(path), ".txtar")
	}
	var named []string
	for line := range strings.Lines(string(table)) {
		cells := strings.Split(strings.Trim(line, "|\n"), "|")
		if last := cells[len(cells)-1]; strings.HasPrefix(line, "|") {
			for _, name := range regexp.MustCompile("`([a-z0-9-]+)`").FindAllStringSubmatch(last, -1) {
				named = append(named, name[1])
			}
		}
	}
	for _, name := range scripts {
		if !slices.Contains(named, name) {
			t.Errorf("docs/reliability.md has no row for the script %s", name)
		}
	}
	for _, name := range named {
		if !slices.Contains(scripts, name) {
			t.Errorf("docs/reliability.md names a script %s, which does not exist", name)
		}
	}
}
