package postinvokecdk

import (
	"fmt"
	"slices"

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
// A stack has one layer per architecture. Later calls return that layer, and apply
// the props that they set to it.
func NewLayer(scope constructs.Construct, id *string, props *LayerProps) *Layer {
	if props == nil {
		props = &LayerProps{}
	}
	this := &Layer{}
	constructs.NewConstruct_Override(this, scope, id)

	arch := architectureOf(this, props.Architecture)
	stack := awscdk.Stack_Of(scope)
	versionID := "PostInvokeLayer" + arch.id
	if child := stack.Node().TryFindChild(&versionID); child != nil {
		this.Version = child.(awslambda.LayerVersion)
		this.adjust(arch, props)
		return this
	}
	this.Version = newLayerVersion(stack, versionID, arch, props)
	return this
}

// AddTo adds the layer to fn, a function of the same stack, unless fn has it. It
// refuses a container image, which takes no layers, at once. At synth, a function
// that has the layer in its Layers is refused if it is an image or of another
// architecture.
func (l *Layer) AddTo(fn awslambda.Function) {
	stack := awscdk.Stack_Of(l.Version)
	if *awscdk.Stack_Of(fn).Node().Addr() != *stack.Node().Addr() {
		addError(fn, fmt.Errorf("function %s is in another stack than its postinvoke layer, "+
			"which could then not be replaced: "+
			"call NewLayer with the function's stack as the scope", *fn.Node().Path()))
		return
	}
	cfn, ok := fn.Node().DefaultChild().(awslambda.CfnFunction)
	switch {
	case ok && isImage(cfn):
		addError(fn, imageError(cfn))
	case !ok || !hasLayer(stack, cfn, l.Version):
		fn.AddLayers(l.Version)
	}
}

// adjust applies what is set in the props of a further Layer.
func (l *Layer) adjust(arch architecture, props *LayerProps) {
	if props.RemovalPolicy != "" {
		l.Version.ApplyRemovalPolicy(props.RemovalPolicy)
	}
	if props.Description == "" {
		return
	}
	stack := awscdk.Stack_Of(l.Version)
	cfn := l.Version.Node().DefaultChild().(awslambda.CfnLayerVersion)
	if set := *cfn.Description(); set != props.Description && set != defaultDescription(stack, arch) {
		addError(l, fmt.Errorf("the postinvoke layer for %s in stack %s has two descriptions, %q and %q: "+
			"set LayerProps.Description in one place", arch.name, *stack.Node().Path(), set, props.Description))
		return
	}
	cfn.SetDescription(&props.Description)
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
		description = defaultDescription(stack, arch)
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

// defaultDescription has the version of the extension, for people to read.
func defaultDescription(stack awscdk.Stack, arch architecture) string {
	version := "not built"
	if *stack.BundlingRequired() {
		found, err := extension()
		switch {
		case err != nil: // the asset reports it
		case found.Version == "":
			version = "built from source"
		default:
			version = found.Version
		}
	}
	return fmt.Sprintf("postinvoke extension for %s, %s", arch.name, version)
}

// compatibility finds the functions of the app that have the layer and cannot work
// with it. Lambda accepts a function of another architecture, and then fails each
// start of it.
type compatibility struct {
	stack awscdk.Stack
	layer awslambda.LayerVersion
	arch  architecture
}

// Validate is called at synth, after all aspects. It adds its errors to the
// functions: one that it returns would become a JavaScript exception, and its text
// would be printed within two stack traces.
func (v *compatibility) Validate() *[]*string {
	for _, c := range *v.stack.Node().Root().Node().FindAll(constructs.ConstructOrder_PREORDER) {
		fn, ok := c.(awslambda.CfnFunction)
		if !ok || !hasLayer(v.stack, fn, v.layer) {
			continue
		}
		name := "x86_64" // Lambda's default
		if set, _ := v.stack.Resolve(fn.Architectures()).([]any); len(set) > 0 {
			name = fmt.Sprint(set[0])
		}
		switch {
		case isImage(fn):
			addError(fn, imageError(fn))
		case name != v.arch.name:
			addError(fn, fmt.Errorf("function %s is %s but its postinvoke layer is %s: give NewLayer the function's "+
				"architecture, LayerProps{Architecture: …}", functionPath(fn.Node()), name, v.arch.name))
		}
	}
	return &[]*string{}
}

// isImage reports whether fn is a container image.
func isImage(fn awslambda.CfnFunction) bool {
	kind := fn.PackageType()
	return kind != nil && *kind == "Image"
}

func imageError(fn awslambda.CfnFunction) error {
	return fmt.Errorf("function %s is a container image, which takes no layers: "+
		"put the extension into the image as /opt/extensions/postinvoke", functionPath(fn.Node()))
}

// hasLayer reports whether fn has the layer. Resolved in the layer's stack, the
// references of functions in other stacks to the layer are the same as its ARN.
func hasLayer(stack awscdk.Stack, fn awslambda.CfnFunction, layer awslambda.ILayerVersion) bool {
	layers, _ := stack.Resolve(fn.Layers()).([]any)
	return slices.ContainsFunc(layers, func(l any) bool { return same(stack, l, layer.LayerVersionArn()) })
}

// same reports whether two values become the same in the template of stack.
func same(stack awscdk.Stack, a, b any) bool {
	return fmt.Sprint(stack.Resolve(a)) == fmt.Sprint(stack.Resolve(b))
}

// functionPath is the path of the function to which the resource with this node
// belongs.
func functionPath(node constructs.Node) string {
	if *node.Id() == "Resource" {
		node = node.Scope().Node()
	}
	return *node.Path()
}
