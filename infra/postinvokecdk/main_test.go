package postinvokecdk_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func TestMain(m *testing.M) {
	os.Exit(test(m))
}

func test(m *testing.M) int {
	if err := os.Chdir("../.."); err != nil { // where an app would run
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "postinvokecdk-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	// Which Node runs the tests is not what they are about.
	os.Setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
	defer jsii.Close()
	assemblies = dir
	return m.Run()
}

// assemblies is a folder for the output of synth, removed after the tests.
var assemblies string

// needNode skips a test that runs the CDK library, which is JavaScript inside.
// In CI there must be nothing to skip.
func needNode(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("CI has no Node.js, which the CDK library runs on")
		}
		t.Skip("needs Node.js, which the CDK library runs on")
	}
}

// newStack is an empty stack in an app of its own. No context is set: that is
// how constructs find themselves in somebody else's app.
func newStack(t *testing.T) awscdk.Stack {
	t.Helper()
	needNode(t)
	out, err := os.MkdirTemp(assemblies, "cdk.out-")
	if err != nil {
		t.Fatal(err)
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, AnalyticsReporting: jsii.Bool(false)})
	return awscdk.NewStack(app, jsii.String("Stack"), nil)
}

// attempt makes a panic of f an error.
func attempt(f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	f()
	return nil
}

// A resource is one of a CloudFormation template.
type resource struct {
	Type                string
	Properties          map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
	DependsOn           []string
}

// resources are those of the stack's template that have this type.
func resources(t *testing.T, stack awscdk.Stack, kind string) []resource {
	t.Helper()
	app := stack.Node().Root().(awscdk.App)
	if err := attempt(func() { app.Synth(&awscdk.StageSynthesisOptions{Force: jsii.Bool(true)}) }); err != nil {
		t.Fatal(err)
	}
	return templateResources(t, filepath.Join(*app.Outdir(), "Stack.template.json"), kind)
}

func templateResources(t *testing.T, path, kind string) []resource {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var template struct{ Resources map[string]resource }
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	var found []resource
	for _, r := range template.Resources {
		if r.Type == kind {
			found = append(found, r)
		}
	}
	return found
}
