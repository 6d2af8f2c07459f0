// Command rename gives the module another path, everywhere:
//
//	go run ./internal/rename github.com/you/postinvoke
//	go run ./internal/rename -contact mailto:security@you.example go.you.example/postinvoke
//
// It replaces the path in code, pages, workflows and the folders to copy from,
// removes what the pages say about the placeholder, and sets the address for reports
// of vulnerabilities: the repository's form on GitHub, or -contact. Run it in a clean
// checkout, look at the difference, and commit it.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"

	"example.com/postinvoke/internal/checkout"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, ".", os.Args[1:], os.Stdout, os.Stderr); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "rename:", err)
		os.Exit(1)
	}
}

// advisories is where GitHub has the form for reports that are not public.
const advisories = "/security/advisories/new"

// run renames the module in the folder dir or above it.
func run(ctx context.Context, dir string, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("rename", flag.ContinueOnError)
	flags.SetOutput(stderr)
	contact := flags.String("contact", "", "the `address` to which weaknesses are reported")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("give one module path, as in go run ./internal/rename github.com/you/postinvoke")
	}
	r := renaming{new: flags.Arg(0), contact: *contact}
	if r.contact == "" {
		r.contact = "https://" + r.new + advisories
	}
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Path}}\n{{.Dir}}")
	list.Dir = dir
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	old, root, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if r.new == old {
		return fmt.Errorf("the module is %s already", old)
	}
	// The go command checks the path.
	check := exec.CommandContext(ctx, "go", "mod", "edit", "-module="+r.new, "-print")
	check.Dir = root
	if out, err := check.CombinedOutput(); err != nil {
		return fmt.Errorf("%q cannot be a module path: %s", r.new, bytes.TrimSpace(out))
	}
	r.old = regexp.MustCompile(`\b` + regexp.QuoteMeta(old) + `\b`)
	files, err := checkout.Files(root)
	if err != nil {
		return err
	}
	changed := 0
	for _, name := range files {
		did, err := r.file(filepath.Join(root, name))
		if err != nil {
			return err
		}
		if did {
			changed++
		}
	}
	fmt.Fprintf(stdout, "%s is now %s, in %d files.\n", old, r.new, changed)
	fmt.Fprintf(stdout, "Weaknesses are reported to %s: look at SECURITY.md, and at .github/CODEOWNERS.\n", r.contact)
	fmt.Fprintln(stdout, "Then run go run ./internal/check, and commit.")
	return nil
}

// A renaming is from one module path to another.
type renaming struct {
	old          *regexp.Regexp
	new, contact string
}

// placeholder is the text of a page about the path that cannot be fetched.
var placeholder = regexp.MustCompile(`(?s)<!-- placeholder -->\n.*?<!-- /placeholder -->\n\n?`)

// file renames the module in one file, and reports whether it changed.
func (r renaming) file(path string) (bool, error) {
	before, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	if bytes.IndexByte(before, 0) >= 0 {
		return false, nil // not text
	}
	after := before
	if strings.HasSuffix(path, ".md") {
		after = placeholder.ReplaceAll(after, nil)
	}
	after = r.old.ReplaceAllLiteral(after, []byte(r.new))
	after = bytes.ReplaceAll(after, []byte("https://"+r.new+advisories), []byte(r.contact))
	if bytes.Equal(before, after) {
		return false, nil
	}
	if strings.HasSuffix(path, ".go") {
		// The order of imports follows their paths.
		if after, err = format.Source(after); err != nil {
			return false, fmt.Errorf("%s: %w", path, err)
		}
	}
	return true, os.WriteFile(path, after, 0o644) // keeps the mode of the file
}
