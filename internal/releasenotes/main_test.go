package main

import (
	"strings"
	"testing"
)

const changelog = `# Changelog

Preface.

## Unreleased

- to come

## v1.1.0 (2026-12-01)

- new
- and more

## v1.0.0

## v1.0.0-rc.1

- first
`

func TestSection(t *testing.T) {
	for version, want := range map[string]string{
		"Unreleased":  "- to come",
		"v1.1.0":      "- new\n- and more",
		"v1.0.0-rc.1": "- first",
	} {
		if got, err := section(changelog, version); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", version, got, err, want)
		}
	}
}

func TestAVersionThatTheChangelogDoesNotHave(t *testing.T) {
	for version, want := range map[string]string{
		"v2.0.0": "has no section", "v1.1": "has no section", "v1.0.0": "says nothing of v1.0.0", "": "has no section",
	} {
		if got, err := section(changelog, version); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q, %v, want an error with %q", version, got, err, want)
		}
	}
}

// The notes of the next release can be found as soon as its section is renamed.
func TestTheChangelogHasItsSections(t *testing.T) {
	t.Chdir("../..")
	var notes strings.Builder
	if err := run([]string{"Unreleased"}, &notes); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(notes.String(), "\n## ") {
		t.Errorf("got more than one section:\n%s", &notes)
	}
}
