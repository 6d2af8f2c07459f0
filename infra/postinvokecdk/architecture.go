package postinvokecdk

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"

	"example.com/postinvoke/infra/gobuild"
)

// An architecture under its three names. It is found by the name that Lambda
// uses, because jsii returns a new object each time.
type architecture struct {
	lambda func() awslambda.Architecture
	name   string // arm64, x86_64
	goarch string
	id     string // within construct ids
}

var architectures = []architecture{
	{awslambda.Architecture_ARM_64, "arm64", gobuild.ARM64, "Arm64"},
	{awslambda.Architecture_X86_64, "x86_64", gobuild.AMD64, "X8664"},
}

// architectureOf looks a up. Nil is arm64.
func architectureOf(a awslambda.Architecture) architecture {
	if a == nil {
		return architectures[0]
	}
	for _, known := range architectures {
		if known.name == *a.Name() {
			return known
		}
	}
	panic(fmt.Errorf("architecture %q is not one of Lambda's: use awslambda.Architecture_ARM_64 or Architecture_X86_64", *a.Name()))
}
