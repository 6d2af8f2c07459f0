package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/postinvokecdk"
)

// newDemo adds the stack: the example function of the README for each
// architecture, and a dashboard of both.
func newDemo(app awscdk.App, c config) awscdk.Stack {
	const description = "postinvoke: example functions whose hooks run after the response, and a dashboard of them"
	stack := awscdk.NewStack(app, &c.stack, &awscdk.StackProps{
		Description: jsii.String(description),
		Tags:        &map[string]*string{"project": jsii.String("postinvoke")},
	})

	var functions []awslambda.IFunction
	for _, arch := range []struct {
		awslambda.Architecture
		output string // what the names of its outputs end in
	}{
		{awslambda.Architecture_ARM_64(), "Arm64"},
		{awslambda.Architecture_X86_64(), "X86"},
	} {
		fn := postinvokecdk.NewFunction(stack, arch.Name(), &postinvokecdk.FunctionProps{
			Entry: "function",
			FunctionProps: awslambda.FunctionProps{
				Architecture: arch.Architecture,
				Description:  jsii.String("The example of postinvoke: answers, then runs its hooks"),
			},
		})
		functions = append(functions, fn)
		functionOutputs(stack, arch.output, fn)
	}
	dashboardProps := &postinvokecdk.DashboardProps{Functions: functions}
	dashboard := postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), dashboardProps)
	output(stack, "DashboardURL", "Open this in a browser", dashboard.URL())

	if c.metrics {
		postinvokecdk.NewMetrics(stack, jsii.String("Metrics"), &postinvokecdk.MetricsProps{
			Functions: functions, Alarms: true, Dashboard: dashboard,
		})
	}
	return stack
}

// functionOutputs adds commands that invoke fn and follow its log, and the layer for
// functions that are deployed in another way.
func functionOutputs(stack awscdk.Stack, id string, fn awslambda.Function) {
	arch := *fn.Architecture().Name()
	output(stack, "Invoke"+id, "Paste this to invoke the "+arch+" function",
		fmt.Sprintf("aws lambda invoke --region %s --function-name %s "+
			"--cli-binary-format raw-in-base64-out --payload '{}' /dev/stdout", *stack.Region(), *fn.FunctionName()))
	output(stack, "Logs"+id, "Paste this to follow its log",
		fmt.Sprintf("aws logs tail --region %s --follow %s", *stack.Region(), *fn.LogGroup().LogGroupName()))
	layerProps := &postinvokecdk.LayerProps{Architecture: fn.Architecture()}
	layer := postinvokecdk.NewLayer(stack, jsii.String("Layer"+id), layerProps)
	output(stack, "LayerArn"+id, "The layer for "+arch+" functions", *layer.Version.LayerVersionArn())
}

func output(stack awscdk.Stack, id, description, value string) {
	awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Description: &description, Value: &value})
}
