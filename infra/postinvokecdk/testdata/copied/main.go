// Command copied is somebody's CDK app with a copy of the constructs' folder in
// it, and with a function of their own making that takes only the layer.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"example.org/copied/postinvokecdk"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Mine"), nil)
	own := awslambda.NewFunction(stack, jsii.String("Own"), &awslambda.FunctionProps{
		Architecture: awslambda.Architecture_ARM_64(),
		Code:         awslambda.Code_FromAsset(jsii.String("hello"), nil),
		Handler:      jsii.String("bootstrap"),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
	})
	postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil).AddTo(own)
	app.Synth(nil)
}
