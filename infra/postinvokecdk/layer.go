package postinvokecdk

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// LayerProps are the properties of a [Layer]. Nil means all defaults.
type LayerProps struct {
	// Architecture of the functions that will use the layer. Nil means arm64.
	Architecture awslambda.Architecture

	// Description is shown in the console. Empty means one that names the
	// extension, its version and its architecture. Two different ones for the
	// same layer are refused.
	Description string

	// RemovalPolicy for a version of the layer that is no longer part of the
	// stack. Empty means that it is deleted. Retain it where functions outside
	// of the stack use it. Where several are given for the same layer, the last
	// one holds.
	RemovalPolicy awscdk.RemovalPolicy
}

// A Layer is the layer with the extension, for functions of one architecture.
type Layer struct {
	constructs.Construct

	// Version is the layer version, for a function's Layers and for outputs.
	// All Layers of one architecture in a stack have the same one.
	Version awslambda.LayerVersion
}

// NewLayer adds the layer to the stack of scope. The extension is built from the
// version of [Module] that the app's module uses, so that it always fits the
// library in the app's functions.
//
// A stack needs one layer per architecture, and gets one however often it is
// asked for: what is set in later props holds for the one that is there.
func NewLayer(scope constructs.Construct, id *string, props *LayerProps) *Layer {
	if props == nil {
		props = &LayerProps{}
	}
	this := &Layer{}
	constructs.NewConstruct_Override(this, scope, id)

	arch := architectureOf(props.Architecture)
	stack := awscdk.Stack_Of(scope)
	versionID := "PostInvokeLayer" + arch.id
	if child := stack.Node().TryFindChild(&versionID); child != nil {
		this.Version = child.(awslambda.LayerVersion)
		adjust(this.Version, arch, props)
		return this
	}
	this.Version = newLayerVersion(stack, versionID, arch, props)
	return this
}

// AddTo adds the layer to fn, a function of the same stack, unless fn has it. A
// container image, which takes no layers, is refused. Another architecture than
// the layer's is refused at synth. Both are refused at synth where Version is in
// Layers.
func (l *Layer) AddTo(fn awslambda.Function) {
	stack := awscdk.Stack_Of(l.Version)
	if *awscdk.Stack_Of(fn).Node().Addr() != *stack.Node().Addr() {
		panic(fmt.Errorf("function %s is in another stack than its postinvoke layer, which could then not be replaced: call NewLayer with the function's stack as the scope",
			*fn.Node().Path()))
	}
	cfn, ok := fn.Node().DefaultChild().(awslambda.CfnFunction)
	switch {
	case ok && isImage(cfn):
		panic(errors.New(imageSentence(cfn)))
	case ok && hasLayer(stack, cfn, l.Version):
		return
	}
	fn.AddLayers(l.Version)
}

// adjust applies what is set in the props of a further Layer.
func adjust(version awslambda.LayerVersion, arch architecture, props *LayerProps) {
	if props.RemovalPolicy != "" {
		version.ApplyRemovalPolicy(props.RemovalPolicy)
	}
	if props.Description == "" {
		return
	}
	cfn := version.Node().DefaultChild().(awslambda.CfnLayerVersion)
	set := *cfn.Description()
	if set != props.Description && !strings.HasPrefix(set, defaultDescription(arch)) {
		panic(fmt.Errorf("the postinvoke layer for %s in stack %s has two descriptions, %q and %q: set LayerProps.Description in one place",
			arch.name, *awscdk.Stack_Of(version).Node().Path(), set, props.Description))
	}
	cfn.SetDescription(&props.Description)
}

// defaultDescription is followed by the version.
func defaultDescription(arch architecture) string {
	return fmt.Sprintf("postinvoke extension for %s, ", arch.name)
}

// layerVersion is the version of the extension for people to read.
func layerVersion(stack awscdk.Stack) (string, error) {
	if !*stack.BundlingRequired() {
		return "not built", nil
	}
	found, err := extension()
	if err != nil {
		return "", err
	}
	return versionOf(found), nil
}

func newLayerVersion(stack awscdk.Stack, id string, arch architecture, props *LayerProps) awslambda.LayerVersion {
	code := asset(stack, func() (source, error) {
		found, err := extension()
		if err != nil {
			return source{}, err
		}
		return extensionSource(found, arch), nil
	})
	description := props.Description
	if description == "" {
		version, err := layerVersion(stack)
		if err != nil {
			panic(err)
		}
		description = defaultDescription(arch) + version
	}
	layer := awslambda.NewLayerVersion(stack, &id, &awslambda.LayerVersionProps{
		Code:                    code,
		CompatibleArchitectures: &[]awslambda.Architecture{arch.lambda()},
		Description:             &description,
		License:                 jsii.String("MIT"),
		RemovalPolicy:           props.RemovalPolicy,
	})
	layer.Node().AddValidation(&compatibility{stack, layer, arch})
	return layer
}
