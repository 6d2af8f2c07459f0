package postinvokecdk

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
)

// warnOfTextLog adds a warning to fn if it is one of the app and logs text,
// Lambda's default, in which our queries and metric filters find nothing.
//
// That is looked at at synth, after all other aspects: until then the function
// may still be changed.
func warnOfTextLog(fn awslambda.IFunction) {
	if cfn, ok := underlying(fn).Node().DefaultChild().(awslambda.CfnFunction); ok {
		awscdk.Aspects_Of(cfn).Add(&textLog{cfn}, &awscdk.AspectOptions{Priority: awscdk.AspectPriority_READONLY()})
	}
}

// textLog is the aspect of one function.
type textLog struct{ fn awslambda.CfnFunction }

// Visit adds the warning. The CDK keeps one of several that are the same. It is
// added to the resource, because one that is added to a construct after it was
// acknowledged there would be shown all the same.
func (l *textLog) Visit(constructs.IConstruct) {
	if logsText(l.fn) {
		sentence := fmt.Sprintf("function %s logs text, in which the dashboard and metrics of postinvoke find nothing: set its LoggingFormat to awslambda.LoggingFormat_JSON",
			functionPath(l.fn.Node()))
		warn(l.fn, "postinvoke:textLog", sentence)
	}
}

// logsText reports whether fn logs text, as far as is known at synth.
func logsText(fn awslambda.CfnFunction) bool {
	switch {
	case fn.CapacityProviderConfig() != nil:
		return false // Managed Instances log nothing but JSON
	case fn.LoggingConfig() == nil:
		return true
	}
	config, _ := awscdk.Stack_Of(fn).Resolve(fn.LoggingConfig()).(map[string]any)
	if config["Fn::If"] != nil {
		return false
	}
	switch format := config["logFormat"].(type) {
	case nil:
		return true
	case string:
		return format != string(awslambda.LoggingFormat_JSON)
	}
	return false
}
