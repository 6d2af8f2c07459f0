//go:build unix

package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// releaseNotes runs the workflow's step that writes the notes of a version.
func releaseNotes(t *testing.T, version, changelog string) (string, error) {
	t.Helper()
	const begin = "- name: Notes from the changelog\n        run: |\n"
	_, step, found := strings.Cut(read(t, "../.github/workflows/release.yml"), begin)
	step, _, ends := strings.Cut(step, "\n      - ")
	if !found || !ends {
		t.Fatal("the workflow has no step that writes the notes")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "CHANGELOG.md"), []byte(changelog), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-ec", step)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GITHUB_REF_NAME="+version)
	if out, err := cmd.CombinedOutput(); err != nil {
		return string(out), err
	}
	return strings.TrimSpace(read(t, filepath.Join(dir, "notes.md"))), nil
}

func TestReleaseNotesAreTheSectionOfTheVersion(t *testing.T) {
	const changelog = "# Changelog\n\n## Unreleased\n\n- to come\n\n" +
		"## v1.1.0 (2026-12-01)\n\n- new\n- more\n\n## v1.0.0\n\n"
	for version, want := range map[string]string{"Unreleased": "- to come", "v1.1.0": "- new\n- more"} {
		if got, err := releaseNotes(t, version, changelog); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", version, got, err, want)
		}
	}
	for _, version := range []string{"v2.0.0", "v1.1", "v1.0.0", "v1.0"} { // v1.0.0 has an empty section
		if got, err := releaseNotes(t, version, changelog); err == nil {
			t.Errorf("%s: got %q, want an error", version, got)
		}
	}
	got, err := releaseNotes(t, "Unreleased", read(t, "../CHANGELOG.md"))
	if err != nil || strings.Contains(got, "\n## ") {
		t.Errorf("CHANGELOG.md: got %q, %v, want one section", got, err)
	}
}
