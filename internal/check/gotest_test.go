package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"example.com/postinvoke/internal/ci"
)

const packagesWithTests = `
-- go.mod --
module example.org/sample

go 1.26
-- passes/passes_test.go --
package passes

import "testing"

func TestPasses(t *testing.T) { println("noise of a test that passes") }
-- lacks/lacks_test.go --
package lacks

import "testing"

func TestLacks(t *testing.T)         { t.Skip("LEFTOUTneeds a rocket: apt-get install rocket") }
func TestDoesNotApply(t *testing.T) { t.Skip("only on the moon") }
-- fails/fails_test.go --
package fails

import "testing"

func TestFails(t *testing.T)  { t.Error("got red, want green") }
func TestPasses(t *testing.T) { t.Log("noise beside it") }
-- broken/broken_test.go --
package broken

var x int = "a string"
-- untested/untested.go --
package untested
`

// Results are printed per package, with the output of what failed and no other,
// and what a test lacks on this machine is collected.
func TestResultsOfPackages(t *testing.T) {
	t.Setenv("CI", "")
	dir := t.TempDir()
	sample := strings.ReplaceAll(packagesWithTests, "LEFTOUT", ci.LeftOut)
	if err := txtar.Write(txtar.Parse([]byte(sample)), dir); err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	r := newReporter(&printed)
	err := r.step(t.Context(), "the sample", module(dir).test)
	if err == nil {
		t.Error("got no error, want one: a package fails")
	}
	r.summary()
	for _, want := range []string{
		`(?m)^ +\d of 4  pass +\S*passes +\d+\.\d s$`,
		`(?m)^ +\d of 4  pass +\S*lacks `,
		`(?m)^ +\d of 4  fail +\S*fails `,
		`(?m)^ +\d of 4  fail +\S*broken `,
		`fails_test.go:5: got red, want green`,
		`broken_test.go:3:13: cannot use "a string"`,
		`(?m)^2 passed, 1 failed, 2 skipped$`,
		`(?m)^the sample +\d+\.\d s$`,
		`(?m)^ +needs a rocket: apt-get install rocket \(\S*lacks\)$`,
	} {
		if !regexp.MustCompile(want).MatchString(printed.String()) {
			t.Errorf("got no %s", want)
		}
	}
	for _, not := range []string{"noise", "moon", "untested", "=== RUN", "FAIL\t"} {
		if strings.Contains(printed.String(), not) {
			t.Errorf("got %s, want nothing of it", not)
		}
	}
	if t.Failed() {
		t.Logf("it printed:\n%s", &printed)
	}
}
