// Package ci lets a test say what it lacks on this machine. In CI (CI=true),
// where everything is installed, a test that lacks something fails.
package ci

import (
	"os"
	"testing"
)

// LeftOut begins the message of a test that Skip skipped. internal/check
// collects these messages.
const LeftOut = "left out: "

// Skip skips a test that needs something this machine lacks. missing is its name,
// and how to install it.
func Skip(t testing.TB, missing string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal("no test is left out in CI: " + missing)
	}
	t.Skip(LeftOut + missing)
}
