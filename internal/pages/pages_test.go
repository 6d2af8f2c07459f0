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
package main

	x
~~~

### Below

    below
`

func TestCode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(page, "~~~", "```")), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		heading, language string
		want              []string
	}{
		{"One thing", "", []string{"    first command\n    second command\n", "    third command\n"}},
		{"One thing", "go", []string{"package main\n\n\tx\n"}},
		{"Below", "", []string{"    below\n"}},
	} {
		if got := pages.Code(t, path, test.heading, test.language); !slices.Equal(got, test.want) {
			t.Errorf("%s, %q: got %q, want %q", test.heading, test.language, got, test.want)
		}
	}
}
