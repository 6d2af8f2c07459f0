// Command imported is somebody's CDK app that imports the constructs.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/postinvokecdk"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Mine"), nil)
	hello := postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{Entry: "hello"})
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{
		Functions: []awslambda.IFunction{hello},
	})
	app.Synth(nil)
}
