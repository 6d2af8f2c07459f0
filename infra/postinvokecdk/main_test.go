package postinvokecdk_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/cdktest"
)

func TestMain(m *testing.M) {
	os.Exit(cdktest.Main(m, "../.."))
}

// newStack is an empty stack in its own app, without context, as in a user's
// app.
func newStack(t *testing.T) awscdk.Stack { return newStackIn(t, nil) }

func newStackIn(t *testing.T, env *awscdk.Environment) awscdk.Stack {
	t.Helper()
	cdktest.NeedNode(t)
	out, err := os.MkdirTemp(cdktest.Assemblies, "cdk.out-")
	if err != nil {
		t.Fatal(err)
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &out, AnalyticsReporting: jsii.Bool(false)})
	return awscdk.NewStack(app, jsii.String("Stack"), &awscdk.StackProps{Env: env})
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

// errorsOf are the error annotations of the stack's app.
func errorsOf(stack awscdk.Stack) []string {
	var messages []string
	for _, c := range *stack.Node().Root().Node().FindAll(constructs.ConstructOrder_PREORDER) {
		for _, entry := range *c.Node().Metadata() {
			if *entry.Type == "aws:cdk:error" {
				messages = append(messages, entry.Data.(string))
			}
		}
	}
	return messages
}

// wantErrors checks the error annotations of the stack's app.
func wantErrors(t *testing.T, stack awscdk.Stack, want ...string) {
	t.Helper()
	if got := errorsOf(stack); !slices.Equal(got, want) {
		t.Errorf("errors: got %q, want %q", got, want)
	}
}

// A resource is one of a CloudFormation template.
type resource struct {
	Type                string
	Properties          map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
	DependsOn           []string
}

// synth writes the cloud assembly of the stack's app and returns its folder.
func synth(t *testing.T, stack awscdk.Stack) string {
	t.Helper()
	app := stack.Node().Root().(awscdk.App)
	if err := attempt(func() { app.Synth(&awscdk.StageSynthesisOptions{Force: jsii.Bool(true)}) }); err != nil {
		t.Fatal(err)
	}
	return *app.Outdir()
}

// resources are those of the stack's template that have this type.
func resources(t *testing.T, stack awscdk.Stack, kind string) []resource {
	t.Helper()
	return templateResources(t, filepath.Join(synth(t, stack), "Stack.template.json"), kind)
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
