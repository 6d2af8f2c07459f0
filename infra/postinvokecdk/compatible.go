package postinvokecdk

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
)

// sameArchitecture finds, at synth, the functions of the app that have the
// layer but not its architecture. Lambda itself accepts such a function and
// then fails every start of it.
type sameArchitecture struct {
	stack awscdk.Stack
	layer awslambda.LayerVersion
	arch  architecture
}

// Validate returns a sentence for each function that cannot work.
func (v *sameArchitecture) Validate() *[]*string {
	var mistakes []*string
	for _, c := range *v.stack.Node().Root().Node().FindAll(constructs.ConstructOrder_PREORDER) {
		fn, ok := c.(awslambda.CfnFunction)
		if !ok || !hasLayer(v.stack, fn, v.layer) {
			continue
		}
		name := "x86_64" // Lambda's default
		if set, _ := v.stack.Resolve(fn.Architectures()).([]any); len(set) > 0 {
			name = fmt.Sprint(set[0])
		}
		if name != v.arch.name {
			sentence := fmt.Sprintf("function %s is %s but its postinvoke layer is %s: give NewLayer the function's architecture, LayerProps{Architecture: …}",
				functionPath(fn.Node()), name, v.arch.name)
			mistakes = append(mistakes, &sentence)
		}
	}
	return &mistakes
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
