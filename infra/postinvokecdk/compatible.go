package postinvokecdk

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
)

// compatibility finds, at synth, the functions of the app that have the layer
// and cannot work with it. Lambda itself accepts a function of another
// architecture and then fails every start of it.
type compatibility struct {
	stack awscdk.Stack
	layer awslambda.LayerVersion
	arch  architecture
}

// Validate returns a sentence for each function that cannot work.
func (v *compatibility) Validate() *[]*string {
	var mistakes []*string
	for _, c := range *v.stack.Node().Root().Node().FindAll(constructs.ConstructOrder_PREORDER) {
		fn, ok := c.(awslambda.CfnFunction)
		if !ok || !hasLayer(v.stack, fn, v.layer) {
			continue
		}
		if sentence := v.mistake(fn); sentence != "" {
			mistakes = append(mistakes, &sentence)
		}
	}
	return &mistakes
}

// mistake is why a function with the layer cannot work; empty if it can.
func (v *compatibility) mistake(fn awslambda.CfnFunction) string {
	name := "x86_64" // Lambda's default
	if set, _ := v.stack.Resolve(fn.Architectures()).([]any); len(set) > 0 {
		name = fmt.Sprint(set[0])
	}
	switch {
	case isImage(fn):
		return imageSentence(fn)
	case name != v.arch.name:
		return fmt.Sprintf("function %s is %s but its postinvoke layer is %s: give NewLayer the function's architecture, LayerProps{Architecture: …}",
			functionPath(fn.Node()), name, v.arch.name)
	}
	return ""
}

// isImage reports whether fn is a container image.
func isImage(fn awslambda.CfnFunction) bool {
	kind := fn.PackageType()
	return kind != nil && *kind == "Image"
}

func imageSentence(fn awslambda.CfnFunction) string {
	return fmt.Sprintf("function %s is a container image, which takes no layers: "+
		"put the extension into the image as /opt/extensions/postinvoke", functionPath(fn.Node()))
}

// hasLayer reports whether fn has the layer, which is one of stack: what it is
// called there is what the references of another stack to it stand for.
func hasLayer(stack awscdk.Stack, fn awslambda.CfnFunction, layer awslambda.ILayerVersion) bool {
	layers, _ := stack.Resolve(fn.Layers()).([]any)
	return slices.ContainsFunc(layers, func(l any) bool { return same(stack, l, layer.LayerVersionArn()) })
}

// same reports whether two values become the same in the template of stack.
func same(stack awscdk.Stack, a, b any) bool {
	return fmt.Sprint(stack.Resolve(a)) == fmt.Sprint(stack.Resolve(b))
}

// functionPath is the path of the construct whose resource node is.
func functionPath(node constructs.Node) string {
	if *node.Id() == "Resource" {
		node = node.Scope().Node()
	}
	return *node.Path()
}
