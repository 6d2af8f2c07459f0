package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

var update = flag.Bool("update", false, "rewrite the golden template")

// The test binary is the app too, so that a test can run it as cdk does.
const runApp = "POSTINVOKE_TEST_RUN_APP"

func TestMain(m *testing.M) {
	if os.Getenv(runApp) != "" {
		main()
		os.Exit(0)
	}
	flag.Parse()
	os.Exit(test(m))
}

func test(m *testing.M) int {
	if err := os.Chdir(".."); err != nil { // where cdk runs the app
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "postinvoke-infra-")
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
		skip(t, "needs Node.js, which the CDK library runs on")
	}
}

func skip(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal("would be skipped, but not in CI: " + reason)
	}
	t.Skip(reason)
}

// cdkContext is the context that cdk hands to the app: that of cdk.json.
func cdkContext(t *testing.T) map[string]any {
	t.Helper()
	data, err := os.ReadFile("cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Context map[string]any }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Context
}

// newApp is an app with the context of cdk.json and this beside it.
func newApp(t *testing.T, more map[string]any) awscdk.App {
	t.Helper()
	needNode(t)
	context := cdkContext(t)
	for name, value := range more {
		context[name] = value
	}
	out, err := os.MkdirTemp(assemblies, "cdk.out-")
	if err != nil {
		t.Fatal(err)
	}
	return awscdk.NewApp(&awscdk.AppProps{Context: &context, Outdir: &out, AnalyticsReporting: jsii.Bool(false)})
}

// synth writes the cloud assembly of app.
func synth(t *testing.T, app awscdk.App) assembly {
	t.Helper()
	if err := trySynth(app); err != nil {
		t.Fatal(err)
	}
	return assembly(*app.Outdir())
}

func trySynth(app awscdk.App) error { return attempt(func() { app.Synth(nil) }) }

// attempt makes a panic of a construct an error: it would end the test binary.
func attempt(f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = sentence(p)
		}
	}()
	f()
	return nil
}

// demo is the cloud assembly of the demo stack, made once for all tests.
func demo(t *testing.T) assembly {
	t.Helper()
	needNode(t)
	demoOnce.Do(func() {
		app := newApp(t, nil)
		if err := attempt(func() { newDemo(app, config{stack: "PostInvokeDemo"}) }); err != nil {
			t.Fatal(err)
		}
		demoAssembly = synth(t, app)
	})
	if demoAssembly == "" {
		t.Fatal("the demo could not be synthesised: see the first test that tried")
	}
	return demoAssembly
}

var (
	demoOnce     sync.Once
	demoAssembly assembly
)

// An assembly is the folder of a cloud assembly: what cdk would deploy.
type assembly string

// template returns the template of a stack.
func (a assembly) template(t *testing.T, stack string) template {
	t.Helper()
	var parsed template
	a.read(t, stack+".template.json", &parsed)
	return parsed
}

// asset returns the staged folder that the template refers to with this S3 key.
func (a assembly) asset(s3Key string) string {
	hash := s3Key[:len(s3Key)-len(filepath.Ext(s3Key))]
	return filepath.Join(string(a), "asset."+hash)
}

func (a assembly) read(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(string(a), name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
