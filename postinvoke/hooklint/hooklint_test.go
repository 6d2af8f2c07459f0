package hooklint_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"example.com/postinvoke/postinvoke/hooklint"
)

// analysistest does not download what the modules in testdata need.
func TestMain(m *testing.M) {
	for _, dir := range []string{"testdata"} {
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
	analysistest.Run(t, analysistest.TestData(), hooklint.Analyzer, "./...")
}
