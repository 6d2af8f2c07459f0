package postinvokecdk

import (
	"reflect"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
)

// warn adds a warning to scope that AcknowledgeWarning can silence by its id.
//
// AddWarningV2 has two arguments up to v2.275.0 of the CDK and three from
// v2.276.0 on, so no plain call of it compiles with both. What is optional stays
// nil.
func warn(scope constructs.IConstruct, id, message string) {
	add := reflect.ValueOf(awscdk.Annotations_Of(scope)).MethodByName("AddWarningV2")
	args := []reflect.Value{reflect.ValueOf(&id), reflect.ValueOf(&message)}
	for i := len(args); i < add.Type().NumIn(); i++ {
		args = append(args, reflect.Zero(add.Type().In(i)))
	}
	add.Call(args)
}
