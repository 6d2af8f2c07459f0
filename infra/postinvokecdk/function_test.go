package postinvokecdk_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/cdktest"
	"example.com/postinvoke/infra/postinvokecdk"
)

// What is set is kept, and everything that has a default may be set.
func TestFunctionPropsWin(t *testing.T) {
	stack := newStack(t)
	group := awslogs.NewLogGroup(stack, jsii.String("Shared"), nil)
	other := awslambda.LayerVersion_FromLayerVersionArn(stack, jsii.String("Other"),
		jsii.String("arn:aws:lambda:eu-west-1:123456789012:layer:other:1"))
	postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{
		Entry: "function",
		FunctionProps: awslambda.FunctionProps{
			Architecture:     awslambda.Architecture_X86_64(),
			Environment:      &map[string]*string{"GREETING": jsii.String("hello")},
			Layers:           &[]awslambda.ILayerVersion{other},
			LogGroup:         group,
			LoggingFormat:    awslambda.LoggingFormat_TEXT,
			MemorySize:       jsii.Number(128),
			Timeout:          awscdk.Duration_Seconds(jsii.Number(5)),
			SystemLogLevelV2: "",
		},
	})
	fn := resources(t, stack, "AWS::Lambda::Function")[0].Properties
	logging, _ := fn["LoggingConfig"].(map[string]any)
	layers, _ := fn["Layers"].([]any)
	switch {
	case fn["MemorySize"] != 128.0, fn["Timeout"] != 5.0, fn["Environment"] == nil:
		t.Errorf("got memory %v, timeout %v, environment %v", fn["MemorySize"], fn["Timeout"], fn["Environment"])
	case logging["LogFormat"] != "Text", logging["SystemLogLevel"] != nil:
		t.Errorf("got logging %v, want text and so no levels", logging)
	case len(layers) != 2:
		t.Errorf("got layers %v, want ours and the other", layers)
	}
	if n := len(resources(t, stack, "AWS::Logs::LogGroup")); n != 1 {
		t.Errorf("got %d log groups, want the one given", n)
	}
}

func TestFunctionInAVPCMayBeThere(t *testing.T) {
	stack := newStack(t)
	vpc := vpcOf(stack)
	postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{
		Entry: "function", FunctionProps: awslambda.FunctionProps{Vpc: vpc},
	})
	var found bool
	for _, role := range resources(t, stack, "AWS::IAM::Role") {
		if text := jsonText(t, role.Properties["ManagedPolicyArns"]); strings.Contains(text,
			"AWSLambdaVPCAccessExecutionRole") {
			found = true
		}
	}
	if !found {
		t.Error("the role of a function with a VPC may not create network interfaces")
	}
}

// A role that is given can be used with the log group that is not.
func TestFunctionWithARole(t *testing.T) {
	stack := newStack(t)
	role := awsiam.NewRole(stack, jsii.String("Mine"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{
		Entry: "function", FunctionProps: awslambda.FunctionProps{Role: role},
	})
	policies := resources(t, stack, "AWS::IAM::Policy")
	if len(policies) != 1 {
		t.Fatalf("got %d policies, want one that lets the role write to the log group", len(policies))
	}
	if got := jsonText(t, policies[0].Properties); !strings.Contains(got, "logs:PutLogEvents") || !strings.Contains(got,
		"HelloLogs") || !strings.Contains(got, `"Mine`) {
		t.Errorf("got policy %s, want the role to write to the log group", got)
	}
}

// What docs/security.md says of roles that may do more than write the log.
func TestRolesOfOtherSettings(t *testing.T) {
	stack := newStack(t)
	postinvokecdk.NewFunction(stack, jsii.String("Traced"), &postinvokecdk.FunctionProps{
		Entry: "function", FunctionProps: awslambda.FunctionProps{Tracing: awslambda.Tracing_ACTIVE},
	})
	postinvokecdk.NewFunction(stack, jsii.String("Grouped"), &postinvokecdk.FunctionProps{
		Entry: "function", FunctionProps: awslambda.FunctionProps{LogGroup: awslogs.NewLogGroup(stack,
			jsii.String("Shared"), nil)},
	})
	var policies, managed []string
	for _, policy := range resources(t, stack, "AWS::IAM::Policy") {
		policies = append(policies, jsonText(t, policy.Properties))
	}
	for _, role := range resources(t, stack, "AWS::IAM::Role") {
		if arns := role.Properties["ManagedPolicyArns"]; arns != nil {
			managed = append(managed, jsonText(t, arns))
		}
	}
	const traces = `{"Action":["xray:PutTraceSegments","xray:PutTelemetryRecords"],"Effect":"Allow","Resource":"*"}`
	if len(policies) != 1 || !strings.Contains(policies[0], "logs:PutLogEvents") || !strings.Contains(policies[0],
		traces) {
		t.Errorf("got policies %q, want one, of the log group and %s", policies, traces)
	}
	if len(managed) != 1 || !strings.Contains(managed[0], "service-role/AWSLambdaBasicExecutionRole") {
		t.Errorf("got managed policies %q, want one role with AWSLambdaBasicExecutionRole", managed)
	}
}

func TestDeprecatedLoggingIsRefused(t *testing.T) {
	for name, props := range map[string]awslambda.FunctionProps{
		"LogRetention": {LogRetention: awslogs.RetentionDays_ONE_DAY},
		"LogFormat":    {LogFormat: jsii.String("JSON")},
	} {
		stack := newStack(t)
		err := cdktest.Attempt(func() {
			postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{Entry: "function",
				FunctionProps: props})
		})
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(name)) {
			t.Errorf("%s: got %v, want a refusal that names it", name, err)
		}
	}
}

// A layer that is built from another version than the library in a function
// would not be made for it.
func TestExtensionFitsTheLibrary(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"hello/go.mod": "module example.org/hello\n\ngo " +
			"1.26\n\nrequire " + postinvokecdk.Module + " v0.0.0\n\n" +
			"replace " + postinvokecdk.Module + " => ../postinvoke\n",
		"hello/main.go":                    "package main\n\nfunc main() {}\n",
		"postinvoke/go.mod":                "module " + postinvokecdk.Module + "\n\ngo 1.26\n",
		"postinvoke/postinvoke/library.go": "package postinvoke\n",
		"plain/go.mod":                     "module example.org/plain\n\ngo 1.26\n",
		"plain/main.go":                    "package main\n\nfunc main() {}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { // the folder is another one each time
		folders, _ := filepath.Glob(filepath.Join(postinvokecdk.BuildFolder, "plain-*"))
		for _, folder := range folders {
			os.RemoveAll(folder)
		}
	})
	stack := newStack(t)
	plain, hello := filepath.Join(dir, "plain"), filepath.Join(dir, "hello")
	postinvokecdk.NewFunction(stack, jsii.String("Plain"), &postinvokecdk.FunctionProps{Entry: plain})
	postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{Entry: hello})
	wantErrors(t, stack, fmt.Sprintf("the function in %s is built with %s from %s, but its layer with %s: "+
		"require the same version in both modules",
		hello, postinvokecdk.Module, filepath.Join(dir, "postinvoke"), here))
}

// Two functions lack the go command: that is one error.
func TestAMissingGoCommandIsReportedOnce(t *testing.T) {
	stack := newStack(t)
	postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil)
	t.Setenv("PATH", t.TempDir())
	for _, id := range []string{"A", "B"} {
		postinvokecdk.NewFunction(stack, &id, &postinvokecdk.FunctionProps{Entry: "function"})
	}
	wantErrors(t, stack, "the go command was not found: "+
		"install Go 1.26 or later (https://go.dev/dl) and put it on the PATH")
}

func TestEachMistakeIsOneError(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(awscdk.Stack)
		want string
	}{
		"no entry": {func(s awscdk.Stack) {
			postinvokecdk.NewFunction(s, jsii.String("F"), nil)
		}, "function Stack/F has no program: set FunctionProps.Entry to the folder of the function's main package"},
		"entry and code": {func(s awscdk.Stack) {
			postinvokecdk.NewFunction(s, jsii.String("F"), &postinvokecdk.FunctionProps{
				Entry:         "function",
				FunctionProps: awslambda.FunctionProps{Code: awslambda.Code_FromAsset(jsii.String("function"), nil)},
			})
		}, "function Stack/F has two programs: set FunctionProps.Entry or Code, not both"},
		"bundling and code": {func(s awscdk.Stack) {
			postinvokecdk.NewFunction(s, jsii.String("F"), &postinvokecdk.FunctionProps{
				Bundling:      &postinvokecdk.BundlingOptions{Tags: []string{"mine"}},
				FunctionProps: awslambda.FunctionProps{Code: awslambda.Code_FromAsset(jsii.String("function"), nil)},
			})
		}, "function Stack/F has Code, which is not built: leave out FunctionProps.Bundling"},
		"no folder": {func(s awscdk.Stack) {
			postinvokecdk.NewFunction(s, jsii.String("F"), &postinvokecdk.FunctionProps{Entry: "/nowhere"})
		}, "there is no folder /nowhere to build a function from: " +
			"set FunctionProps.Entry to the folder of its main package"},
		"architecture": {func(s awscdk.Stack) {
			postinvokecdk.NewLayer(s, jsii.String("L"), &postinvokecdk.LayerProps{
				Architecture: awslambda.Architecture_Custom(jsii.String("riscv64"), nil),
			})
		}, `architecture "riscv64" is not one of Lambda's: use awslambda.Architecture_ARM_64 or Architecture_X86_64`},
		"descriptions": {func(s awscdk.Stack) {
			postinvokecdk.NewLayer(s, jsii.String("A"), &postinvokecdk.LayerProps{Description: "a"})
			postinvokecdk.NewLayer(s, jsii.String("B"), &postinvokecdk.LayerProps{Description: "b"})
		}, `the postinvoke layer for arm64 in stack Stack has two descriptions, "a" and "b": ` +
			`set LayerProps.Description in one place`},
		"empty dashboard": {func(s awscdk.Stack) {
			postinvokecdk.NewDashboard(s, jsii.String("D"), nil)
		}, "a dashboard without functions would be empty: set DashboardProps.Functions"},
		"empty metrics": {func(s awscdk.Stack) {
			postinvokecdk.NewMetrics(s, jsii.String("M"), &postinvokecdk.MetricsProps{Alarms: true})
		}, "there is nothing to measure without functions: set MetricsProps.Functions"},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack(t)
			test.do(stack)
			wantErrors(t, stack, test.want)
		})
	}
}
