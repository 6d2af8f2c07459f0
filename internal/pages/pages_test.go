package pages_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/internal/pages"
)

const page = `# Title

    before

## One thing

Words, and a list:

- an item
    that goes on

    first command
    second command

More words.

    third command

~~~go
// # not a heading
package main

    x
~~~

### Below

    below
`

func TestSection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(page, "~~~", "```")), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := pages.Section(path, "One thing")
	if err != nil {
		t.Fatal(err)
	}
	want := []pages.Block{
		{"", "first command\nsecond command\n"},
		{"", "third command\n"},
		{"go", "// # not a heading\npackage main\n\n    x\n"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if text, err := pages.Code(path, "Below", ""); err != nil || text != "below\n" {
		t.Errorf("got %q, %v", text, err)
	}
	for _, heading := range []string{"Nowhere", "One thing"} {
		if text, err := pages.Code(path, heading, ""); err == nil {
			t.Errorf("%s: got %q, want an error", heading, text)
		}
	}
}
