// Command releasenotes prints what the changelog says of a version:
//
//	go run ./internal/releasenotes v1.2.3
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "releasenotes:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("give one version, as in go run ./internal/releasenotes v1.2.3")
	}
	changelog, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return err
	}
	notes, err := section(string(changelog), args[0])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s\n\n", notes)
	return err
}

// section returns the text below the heading of a version, which may have a
// date after it.
func section(changelog, version string) (string, error) {
	var text strings.Builder
	found := false
	for line := range strings.Lines(changelog) {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			words := strings.Fields(heading)
			if found {
				break
			}
			found = len(words) > 0 && words[0] == version
			continue
		}
		if found {
			text.WriteString(line)
		}
	}
	notes := strings.TrimSpace(text.String())
	switch {
	case !found:
		return "", fmt.Errorf("CHANGELOG.md has no section %q: name the section Unreleased so before you tag", "## "+version)
	case notes == "":
		return "", fmt.Errorf("CHANGELOG.md says nothing of %s", version)
	}
	return notes, nil
}
