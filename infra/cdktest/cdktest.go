// Package cdktest is shared by the tests of the CDK app and of its constructs.
package cdktest

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/internal/ci"
)

// Assemblies is a folder for the output of synth, removed after the tests.
var Assemblies string

// Main runs the tests of a package in the folder root, where cdk would run the
// app, and returns the exit status.
func Main(m *testing.M, root string) int {
	if err := os.Chdir(root); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "postinvoke-cdktest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	Assemblies = dir
	// The tests do not depend on the version of Node.js.
	os.Setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
	defer jsii.Close()
	return m.Run()
}

// NeedNode skips a test that runs the CDK library, which is JavaScript inside.
func NeedNode(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		ci.Skip(t, "needs Node.js, which the CDK library runs on")
	}
}
