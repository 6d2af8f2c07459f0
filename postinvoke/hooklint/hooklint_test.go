package hooklint_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"example.com/postinvoke/postinvoke/hooklint"
)

// modules are those with the packages that are looked at.
var modules = []string{"testdata", "testdata/next"}

// analysistest does not download what the modules in testdata need.
func TestMain(m *testing.M) {
	for _, dir := range modules {
		download := exec.Command("go", "mod", "download")
		download.Dir = dir
		if out, err := download.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "download the dependencies of %s: %v\n%s", dir, err, out)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func TestDiagnostics(t *testing.T) {
	for _, module := range modules {
		dir, err := filepath.Abs(module)
		if err != nil {
			t.Fatal(err)
		}
		analysistest.Run(t, dir, hooklint.Analyzer, "./...")
	}
}
