// Package ci notes what tests and checks do without because this machine lacks it.
// In CI (CI=true), where everything is installed, that is an error.
package ci

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// LeftOutFile is the variable with the path of a file to which LeaveOut adds lines.
// internal/check sets it, and prints what the file has.
const LeftOutFile = "POSTINVOKE_LEFT_OUT"

// LeaveOut notes that something is left out because of what this machine lacks.
func LeaveOut(what, missing string) error {
	if os.Getenv("CI") == "true" {
		return errors.New("nothing is left out in CI: " + missing)
	}
	path := os.Getenv(LeftOutFile)
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = fmt.Fprintf(file, "%s (%s)\n", missing, what)
	return err
}

// Skip skips a test that needs something this machine lacks. missing is its name,
// and how to install it.
func Skip(t testing.TB, missing string) {
	t.Helper()
	packageName := strings.TrimSuffix(filepath.Base(os.Args[0]), ".test")
	if err := LeaveOut("tests of "+packageName, missing); err != nil {
		t.Fatal(err)
	}
	t.Skip("left out: " + missing)
}
