package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/cdktest"
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
	os.Exit(cdktest.Main(m, ".."))
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
	cdktest.NeedNode(t)
	context := cdkContext(t)
	for name, value := range more {
		context[name] = value
	}
	out, err := os.MkdirTemp(cdktest.Assemblies, "cdk.out-")
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
			err = libraryError(p)
		}
	}()
	f()
	return nil
}

// demo is the cloud assembly of the demo stack, made once for all tests.
func demo(t *testing.T) assembly { return synthesised(t, config{stack: "PostInvokeDemo"}) }

// measured is that of the demo stack with metrics and alarms.
func measured(t *testing.T) assembly {
	return synthesised(t, config{stack: "PostInvokeDemo", metrics: true})
}

func synthesised(t *testing.T, c config) assembly {
	t.Helper()
	cdktest.NeedNode(t)
	if assemblies[c] == "" {
		app := newApp(t, nil)
		if err := attempt(func() { newDemo(app, c) }); err != nil {
			t.Fatal(err)
		}
		assemblies[c] = synth(t, app)
	}
	return assemblies[c]
}

var assemblies = map[config]assembly{}

// An assembly is the folder of a cloud assembly: what cdk would deploy.
type assembly string

// template returns the template of a stack.
func (a assembly) template(t *testing.T, stack string) template {
	t.Helper()
	var parsed template
	a.read(t, stack+".template.json", &parsed)
	return parsed
}

// text returns the template of a stack as it is.
func (a assembly) text(t *testing.T, stack string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(string(a), stack+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// asset returns the staged folder that the template refers to with this S3 key.
func (a assembly) asset(s3Key string) string {
	hash := s3Key[:len(s3Key)-len(filepath.Ext(s3Key))]
	return filepath.Join(string(a), "asset."+hash)
}

// annotations are the errors and warnings of a stack.
func (a assembly) annotations(t *testing.T, stack string) []string {
	t.Helper()
	var metadata map[string][]struct{ Type, Data any }
	a.read(t, stack+".metadata.json", &metadata)
	var found []string
	for path, entries := range metadata {
		for _, entry := range entries {
			if entry.Type == "aws:cdk:error" || entry.Type == "aws:cdk:warning" {
				found = append(found, fmt.Sprintf("%s: %v", path, entry.Data))
			}
		}
	}
	return found
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
