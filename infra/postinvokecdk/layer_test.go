package postinvokecdk_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/postinvokecdk"
)

// plain is a function that is not made by this package.
func plain(stack awscdk.Stack, id string, arch awslambda.Architecture,
	layers ...awslambda.ILayerVersion) awslambda.Function {
	return plainWith(stack, id, awslambda.FunctionProps{Architecture: arch, Layers: &layers})
}

func plainWith(stack awscdk.Stack, id string, props awslambda.FunctionProps) awslambda.Function {
	props.Code = awslambda.Code_FromCfnParameters(nil)
	props.Handler = jsii.String("bootstrap")
	props.Runtime = awslambda.Runtime_PROVIDED_AL2023()
	return awslambda.NewFunction(stack, &id, &props)
}

func TestOneLayerPerArchitectureAndStack(t *testing.T) {
	stack := newStack(t)
	elsewhere := constructs.NewConstruct(stack, jsii.String("Elsewhere"))
	arm := postinvokecdk.NewLayer(stack, jsii.String("Arm"), nil)
	again := postinvokecdk.NewLayer(elsewhere, jsii.String("Arm"),
		&postinvokecdk.LayerProps{Architecture: awslambda.Architecture_ARM_64()})
	postinvokecdk.NewLayer(stack, jsii.String("X86"), &postinvokecdk.LayerProps{
		Architecture: awslambda.Architecture_X86_64(),
	})

	got, want := stack.Resolve(again.Version.LayerVersionArn()), stack.Resolve(arm.Version.LayerVersionArn())
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("NewLayer called twice for the same layer: got %v and %v", got, want)
	}
	if n := len(resources(t, stack, "AWS::Lambda::LayerVersion")); n != 2 {
		t.Errorf("got %d layer versions, want one per architecture", n)
	}
}

func TestLayerOfAFunctionMadeElsewhere(t *testing.T) {
	stack := newStack(t)
	layer := postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil)
	added := plain(stack, "Added", awslambda.Architecture_ARM_64())
	layer.AddTo(added)
	layer.AddTo(added)
	layer.AddTo(plain(stack, "Listed", awslambda.Architecture_ARM_64(), layer.Version))
	postinvokecdk.NewFunction(stack, jsii.String("Made"), &postinvokecdk.FunctionProps{
		Entry: "function", FunctionProps: awslambda.FunctionProps{Layers: &[]awslambda.ILayerVersion{layer.Version}},
	})

	for _, fn := range resources(t, stack, "AWS::Lambda::Function") {
		if layers, _ := fn.Properties["Layers"].([]any); len(layers) != 1 {
			t.Errorf("got layers %v, want 1", fn.Properties["Layers"])
		}
	}
}

// All Layers of a stack are the same layer, regardless of which one sets something.
func TestLayerProps(t *testing.T) {
	set := &postinvokecdk.LayerProps{Description: "ours", RemovalPolicy: awscdk.RemovalPolicy_RETAIN}
	for name, props := range map[string][]*postinvokecdk.LayerProps{
		"first": {set, nil, set}, "second": {nil, set},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack(t)
			for i, p := range props {
				postinvokecdk.NewLayer(stack, jsii.String(fmt.Sprint("Layer", i)), p)
			}
			got := resources(t, stack, "AWS::Lambda::LayerVersion")[0]
			if got.Properties["Description"] != "ours" {
				t.Errorf("description: got %v, want ours", got.Properties["Description"])
			}
			if got.DeletionPolicy != "Retain" || got.UpdateReplacePolicy != "Retain" {
				t.Errorf("policies: got %q on deletion and %q on replacement, want "+
					"Retain", got.DeletionPolicy, got.UpdateReplacePolicy)
			}
		})
	}
}

// A layer version that another stack imports could never be replaced.
func TestLayerForAnotherStack(t *testing.T) {
	stack := newStack(t)
	other := awscdk.NewStack(stack.Node().Root().(awscdk.App), jsii.String("Other"), nil)
	layer := postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil)
	layer.AddTo(plain(other, "Added", awslambda.Architecture_ARM_64()))
	wantErrors(t, stack, "function Other/Added is in another stack than its postinvoke layer, "+
		"which could then not be replaced: call NewLayer with the function's stack as the scope")
}

// Lambda would accept the wrong architecture, and the function never start.
func TestWrongArchitectureIsAnErrorAtSynth(t *testing.T) {
	stack := newStack(t)
	layer := postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil)
	layer.AddTo(plain(stack, "Added", awslambda.Architecture_X86_64()))
	plain(stack, "Listed", nil, layer.Version) // Lambda's default is x86_64
	other := awscdk.NewStack(stack.Node().Root().(awscdk.App), jsii.String("Other"), nil)
	plain(other, "Abroad", awslambda.Architecture_X86_64(), layer.Version)
	plain(stack, "Fine", awslambda.Architecture_ARM_64(), layer.Version)

	synth(t, stack)
	var want []string
	for _, name := range []string{"Stack/Added", "Stack/Listed", "Other/Abroad"} {
		want = append(want, "function "+name+" is x86_64 but its postinvoke layer is arm64: "+
			"give NewLayer the function's architecture, LayerProps{Architecture: …}")
	}
	wantErrors(t, stack, want...)
}

// Lambda refuses layers of a container image, in the middle of a deployment.
func TestContainerImageIsRefused(t *testing.T) {
	for _, arch := range []func() awslambda.Architecture{awslambda.Architecture_ARM_64, awslambda.Architecture_X86_64} {
		stack := newStack(t)
		images := awsecr.Repository_FromRepositoryName(stack, jsii.String("Images"), jsii.String("mine"))
		image := func(id string) awslambda.Function {
			return awslambda.NewDockerImageFunction(stack, &id, &awslambda.DockerImageFunctionProps{
				Architecture: arch(), Code: awslambda.DockerImageCode_FromEcr(images, nil),
			})
		}
		layer := postinvokecdk.NewLayer(stack, jsii.String("Layer"), &postinvokecdk.LayerProps{Architecture: arch()})
		layer.AddTo(image("Added"))
		arns := []*string{layer.Version.LayerVersionArn()}
		image("Listed").Node().DefaultChild().(awslambda.CfnFunction).SetLayers(&arns)
		synth(t, stack)
		const sentence = "function Stack/%s is a container image, which takes no layers: " +
			"put the extension into the image as /opt/extensions/postinvoke"
		wantErrors(t, stack, fmt.Sprintf(sentence, "Added"), fmt.Sprintf(sentence, "Listed"))
	}
}
