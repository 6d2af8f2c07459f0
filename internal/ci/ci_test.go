package ci_test

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/postinvoke/internal/ci"
)

func TestSkipNotesWhatIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "left out")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CI", "")
	t.Setenv(ci.LeftOutFile, path)
	t.Run("without a rocket", func(t *testing.T) {
		ci.Skip(t, "needs a rocket: apt-get install rocket")
		t.Error("the test continues")
	})
	got, err := os.ReadFile(path)
	if want := "needs a rocket: apt-get install rocket (tests of ci)\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	t.Setenv("CI", "true")
	if err := ci.LeaveOut("tests", "needs a rocket"); err == nil {
		t.Error("in CI: got no error")
	}
}
