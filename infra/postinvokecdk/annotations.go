package postinvokecdk

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
)

// addError adds an error to scope. The cdk command prints it, alone, and neither
// writes nor deploys the app. A panic would be printed above a Go stack trace,
// and end the app at the first mistake.
//
// An error that several constructs have, such as a missing go command, is added to
// the first of them only.
func addError(scope constructs.IConstruct, err error) {
	message := err.Error()
	for _, c := range *scope.Node().Root().Node().FindAll(constructs.ConstructOrder_PREORDER) {
		for _, entry := range *c.Node().Metadata() {
			if entry.Data == message {
				return
			}
		}
	}
	awscdk.Annotations_Of(scope).AddError(&message)
}

// addWarning adds a warning to scope, which AcknowledgeWarning can silence by its id.
//
// AddWarningV2 has two parameters up to v2.275.0 of the CDK and three from
// v2.276.0 on, so that no plain call of it compiles with both. The third one is
// optional and stays nil.
func addWarning(scope constructs.IConstruct, id, message string) {
	add := reflect.ValueOf(awscdk.Annotations_Of(scope)).MethodByName("AddWarningV2")
	args := []reflect.Value{reflect.ValueOf(&id), reflect.ValueOf(&message)}
	for i := len(args); i < add.Type().NumIn(); i++ {
		args = append(args, reflect.Zero(add.Type().In(i)))
	}
	add.Call(args)
}

// warnOfLogging adds a warning to fn, if it belongs to the app, when it logs text,
// which is Lambda's default, or when its application log level is above INFO. Our
// queries and metric filters find nothing in such a log.
//
// The aspect looks at synth, after all others, because the function may be changed
// until then.
func warnOfLogging(fn awslambda.IFunction) {
	if cfn, ok := underlying(fn).Node().DefaultChild().(awslambda.CfnFunction); ok {
		options := &awscdk.AspectOptions{Priority: awscdk.AspectPriority_READONLY()}
		awscdk.Aspects_Of(cfn).Add(&loggingAspect{cfn}, options)
	}
}

type loggingAspect struct{ fn awslambda.CfnFunction }

// Visit adds the warning to the resource: the CDK shows one that is added to a
// construct after it was acknowledged there. It keeps one of several equal warnings.
func (l *loggingAspect) Visit(constructs.IConstruct) {
	path := functionPath(l.fn.Node())
	level, _ := loggingConfig(l.fn)["applicationLogLevel"].(string) // empty if not known at synth
	switch {
	case logsText(l.fn):
		addWarning(l.fn, "postinvoke:textLog", fmt.Sprintf("function %s logs text, in which the dashboard "+
			"and metrics of postinvoke find nothing: set its LoggingFormat to awslambda.LoggingFormat_JSON", path))
	case slices.Contains([]string{"WARN", "ERROR", "FATAL"}, level):
		addWarning(l.fn, "postinvoke:logLevel", fmt.Sprintf("function %s drops log records below %s, so that the "+
			"dashboard of postinvoke lacks its invocations and ends: "+
			"set its ApplicationLogLevelV2 to awslambda.ApplicationLogLevel_INFO",
			path, level))
	}
}

// loggingConfig is that of fn, with tokens resolved. It is nil if fn has none.
func loggingConfig(fn awslambda.CfnFunction) map[string]any {
	if fn.LoggingConfig() == nil {
		return nil
	}
	config, _ := awscdk.Stack_Of(fn).Resolve(fn.LoggingConfig()).(map[string]any)
	return config
}

// logsText reports whether fn is known to log text.
func logsText(fn awslambda.CfnFunction) bool {
	config := loggingConfig(fn)
	if fn.CapacityProviderConfig() != nil || config["Fn::If"] != nil {
		return false // Managed Instances always log JSON
	}
	format := config["logFormat"]
	name, isName := format.(string)
	return format == nil || isName && name != string(awslambda.LoggingFormat_JSON)
}
