package main

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"example.com/postinvoke/infra/cdktest"
)

var update = flag.Bool("update", false, "rewrite the golden template")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(cdktest.Main(m, ".."))
}

// newApp is an app with the context of cdk.json, which cdk hands to the app, and
// this beside it.
func newApp(t *testing.T, more map[string]any) awscdk.App {
	t.Helper()
	return cdktest.NewApp(t, cdkContext(t, more), false)
}

// newCheckedApp is an app that the rules of cdk-nag and CloudFormation Validate look
// at.
func newCheckedApp(t *testing.T) awscdk.App {
	t.Helper()
	app := cdktest.NewApp(t, cdkContext(t, nil), true)
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
	return app
}

func cdkContext(t *testing.T, more map[string]any) map[string]any {
	t.Helper()
	data, err := os.ReadFile("cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Context map[string]any }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	maps.Copy(file.Context, more)
	return file.Context
}

// demo is the cloud assembly of the demo stack, made once for all tests.
func demo(t *testing.T) cdktest.Assembly {
	t.Helper()
	return demoStack(t, false, func() awscdk.App { return newApp(t, nil) })
}

// measured is that of the demo stack with metrics and alarms, and with the reports of
// all rules.
func measured(t *testing.T) cdktest.Assembly {
	t.Helper()
	return demoStack(t, true, func() awscdk.App { return newCheckedApp(t) })
}

func demoStack(t *testing.T, metrics bool, newApp func() awscdk.App) cdktest.Assembly {
	t.Helper()
	if assemblies[metrics] == "" {
		app := newApp()
		config := config{stack: "PostInvokeDemo", metrics: metrics}
		if err := cdktest.Attempt(func() { newDemo(app, config) }); err != nil {
			t.Fatal(err)
		}
		assemblies[metrics] = cdktest.Synth(t, app)
	}
	return assemblies[metrics]
}

var assemblies = map[bool]cdktest.Assembly{}
