package postinvokecdk

import (
	"fmt"

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
	// extension, its version and its architecture.
	Description string

	// RemovalPolicy for a version of the layer that is no longer part of the
	// stack. Empty means that it is deleted. Retain it where functions outside
	// of the stack use it.
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
// asked for. Where the props differ, the first ones hold.
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
		return this
	}
	this.Version = newLayerVersion(stack, versionID, arch, props)
	return this
}

// AddTo adds the layer to fn, a function of the same stack. Another architecture
// than the layer's is refused at synth, also where Version is in Layers.
func (l *Layer) AddTo(fn awslambda.Function) {
	fn.AddLayers(l.Version)
}

func newLayerVersion(stack awscdk.Stack, id string, arch architecture, props *LayerProps) awslambda.LayerVersion {
	version := "not built"
	code := asset(stack, func() program {
		p := extensionProgram(arch)
		m, _ := postinvokeModule()
		version = m.version()
		return p
	})
	description := props.Description
	if description == "" {
		description = fmt.Sprintf("postinvoke extension for %s, %s", arch.name, version)
	}
	layer := awslambda.NewLayerVersion(stack, &id, &awslambda.LayerVersionProps{
		Code:                    code,
		CompatibleArchitectures: &[]awslambda.Architecture{arch.lambda()},
		Description:             &description,
		License:                 jsii.String("MIT"),
		RemovalPolicy:           props.RemovalPolicy,
	})
	layer.Node().AddValidation(&sameArchitecture{stack, layer, arch})
	return layer
}
