package postinvokecdk_test

import (
	"os"
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/cdktest"
)

// The test binary is also an app, which a test has the cdk command run.
const runApp = "POSTINVOKE_TEST_RUN_APP"

func TestMain(m *testing.M) {
	if os.Getenv(runApp) != "" {
		synthMistakes()
		os.Exit(0)
	}
	// It looks at what the constructs make in the tests of the app.
	os.Setenv("CDK_VALIDATION", "false")
	os.Exit(cdktest.Main(m, "../.."))
}

// newStack is an empty stack in its own app, without context, as in a user's
// app.
func newStack(t *testing.T) awscdk.Stack { return newStackIn(t, nil) }

func newStackIn(t *testing.T, env *awscdk.Environment) awscdk.Stack {
	t.Helper()
	app := cdktest.NewApp(t, nil, false)
	return awscdk.NewStack(app, jsii.String("Stack"), &awscdk.StackProps{Env: env})
}

// synth writes the cloud assembly of the stack's app.
func synth(t *testing.T, stack awscdk.Stack) cdktest.Assembly {
	t.Helper()
	return cdktest.Synth(t, stack.Node().Root().(awscdk.App))
}

// resources are those of the stack's template that have this type.
func resources(t *testing.T, stack awscdk.Stack, kind string) []cdktest.Resource {
	t.Helper()
	return synth(t, stack).Template(t, "Stack").OfType(kind)
}

// wantErrors checks the error annotations of the stack's app.
func wantErrors(t *testing.T, stack awscdk.Stack, want ...string) {
	t.Helper()
	var got []string
	for _, c := range *stack.Node().Root().Node().FindAll(constructs.ConstructOrder_PREORDER) {
		for _, entry := range *c.Node().Metadata() {
			if *entry.Type == "aws:cdk:error" {
				got = append(got, entry.Data.(string))
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("errors: got %q, want %q", got, want)
	}
}
