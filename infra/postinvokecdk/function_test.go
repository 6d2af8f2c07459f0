package postinvokecdk_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/postinvokecdk"
)

// What is set is kept, and whatever has a default may be set.
func TestFunctionPropsWin(t *testing.T) {
	stack := newStack(t)
	group := awslogs.NewLogGroup(stack, jsii.String("Shared"), nil)
	other := awslambda.LayerVersion_FromLayerVersionArn(stack, jsii.String("Other"), jsii.String("arn:aws:lambda:eu-west-1:123456789012:layer:other:1"))
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
		if text := jsonText(t, role.Properties["ManagedPolicyArns"]); strings.Contains(text, "AWSLambdaVPCAccessExecutionRole") {
			found = true
		}
	}
	if !found {
		t.Error("the role of a function with a VPC may not create network interfaces")
	}
}

func TestMistakesAreOneSentence(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(awscdk.Stack)
		want string
	}{
		"no entry": {func(s awscdk.Stack) {
			postinvokecdk.NewFunction(s, jsii.String("F"), &postinvokecdk.FunctionProps{Entry: "/nowhere"})
		}, "there is no folder /nowhere to build a function from: set FunctionProps.Entry to the folder of its main package"},
		"architecture": {func(s awscdk.Stack) {
			postinvokecdk.NewLayer(s, jsii.String("L"), &postinvokecdk.LayerProps{Architecture: awslambda.Architecture_Custom(jsii.String("riscv64"), nil)})
		}, `architecture "riscv64" is not one of Lambda's: use awslambda.Architecture_ARM_64 or Architecture_X86_64`},
		"empty dashboard": {func(s awscdk.Stack) {
			postinvokecdk.NewDashboard(s, jsii.String("D"), nil)
		}, "a dashboard without functions would be empty: set DashboardProps.Functions"},
		"empty metrics": {func(s awscdk.Stack) {
			postinvokecdk.NewMetrics(s, jsii.String("M"), &postinvokecdk.MetricsProps{Alarms: true})
		}, "there is nothing to measure without functions: set MetricsProps.Functions"},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack(t)
			err := attempt(func() { test.do(stack) })
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
