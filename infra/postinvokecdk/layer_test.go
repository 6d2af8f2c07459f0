package postinvokecdk_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/postinvokecdk"
)

// plain is a function that is not made by this package.
func plain(stack awscdk.Stack, id string, arch awslambda.Architecture, layers ...awslambda.ILayerVersion) awslambda.Function {
	nothing, err := os.MkdirTemp(assemblies, "nothing-")
	if err != nil {
		panic(err)
	}
	return awslambda.NewFunction(stack, &id, &awslambda.FunctionProps{
		Architecture: arch, Layers: &layers,
		Code: awslambda.Code_FromAsset(&nothing, nil), Handler: jsii.String("bootstrap"), Runtime: awslambda.Runtime_PROVIDED_AL2023(),
	})
}

func TestOneLayerPerArchitectureAndStack(t *testing.T) {
	stack := newStack(t)
	elsewhere := constructs.NewConstruct(stack, jsii.String("Elsewhere"))
	arm := postinvokecdk.NewLayer(stack, jsii.String("Arm"), nil)
	again := postinvokecdk.NewLayer(elsewhere, jsii.String("Arm"), &postinvokecdk.LayerProps{Architecture: awslambda.Architecture_ARM_64()})
	postinvokecdk.NewLayer(stack, jsii.String("X86"), &postinvokecdk.LayerProps{Architecture: awslambda.Architecture_X86_64()})

	if got, want := stack.Resolve(again.Version.LayerVersionArn()), stack.Resolve(arm.Version.LayerVersionArn()); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the same layer asked for twice: got %v and %v", got, want)
	}
	if n := len(resources(t, stack, "AWS::Lambda::LayerVersion")); n != 2 {
		t.Errorf("got %d layer versions, want one per architecture", n)
	}
}

func TestLayerOfAFunctionMadeElsewhere(t *testing.T) {
	stack := newStack(t)
	layer := postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil)
	layer.AddTo(plain(stack, "Added", awslambda.Architecture_ARM_64()))
	plain(stack, "Listed", awslambda.Architecture_ARM_64(), layer.Version)

	for _, fn := range resources(t, stack, "AWS::Lambda::Function") {
		if layers, _ := fn.Properties["Layers"].([]any); len(layers) != 1 {
			t.Errorf("got layers %v, want 1", fn.Properties["Layers"])
		}
	}
}

func TestLayerProps(t *testing.T) {
	stack := newStack(t)
	postinvokecdk.NewLayer(stack, jsii.String("Layer"), &postinvokecdk.LayerProps{
		Description: "ours", RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
	})
	got := resources(t, stack, "AWS::Lambda::LayerVersion")[0]
	if got.Properties["Description"] != "ours" || got.DeletionPolicy != "Retain" {
		t.Errorf("got description %v and deletion policy %q, want ours and Retain", got.Properties["Description"], got.DeletionPolicy)
	}
}

// Lambda would accept the wrong architecture, and the function never start.
func TestWrongArchitectureFailsAtSynth(t *testing.T) {
	stack := newStack(t)
	layer := postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil)
	layer.AddTo(plain(stack, "Added", awslambda.Architecture_X86_64()))
	plain(stack, "Listed", nil, layer.Version) // Lambda's default is x86_64
	plain(stack, "Fine", awslambda.Architecture_ARM_64(), layer.Version)

	err := attempt(func() { stack.Node().Root().(awscdk.App).Synth(nil) })
	if err == nil {
		t.Fatal("synth succeeded")
	}
	for _, name := range []string{"Added", "Listed"} {
		want := "function Stack/" + name + " is x86_64 but its postinvoke layer is arm64: give NewLayer the function's architecture, LayerProps{Architecture: …}"
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want %q in it", err, want)
		}
	}
	if strings.Contains(err.Error(), "Fine") {
		t.Errorf("got %q, want nothing about the function that fits", err)
	}
}
