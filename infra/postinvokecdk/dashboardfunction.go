package postinvokecdk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// maxGroups is how many log groups a query takes.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
const maxGroups = 50

// dashboardFunction is a function on the dashboard.
type dashboardFunction struct {
	awslambda.IFunction
	label    string
	logGroup *string
	timeout  float64 // in milliseconds; zero if it is not known
}

// dashboardFunctions returns the functions for a dashboard in scope. It adds errors to those
// that it cannot show.
func dashboardFunctions(scope constructs.Construct, functions []awslambda.IFunction) []dashboardFunction {
	var all []dashboardFunction
	for _, fn := range functions {
		checkPlace(awscdk.Stack_Of(scope), fn)
		warnOfLogging(fn)
		all = append(all, dashboardFunction{fn, label(fn), logGroupName(fn), timeoutOf(fn)})
	}
	if n := len(logGroups(all)); n > maxGroups {
		addError(scope, fmt.Errorf("%d functions with separate log groups are too many for a dashboard: "+
			"CloudWatch reads %d log groups in a query; leave function %s and those after it to a second dashboard",
			n, maxGroups, functionPath(all[maxGroups].Node())))
	}
	return all
}

// checkPlace adds an error to fn if it is in another region or account than the
// stack, because a log query reads one. It adds a warning if only the deployment
// decides on that.
func checkPlace(stack awscdk.Stack, fn awslambda.IFunction) {
	for _, place := range []struct{ what, fn, stack string }{
		{"region", *fn.Env().Region, *stack.Region()},
		{"account", *fn.Env().Account, *stack.Account()},
	} {
		const fix = "make a dashboard for it in a stack of that %s"
		switch awscdk.Token_CompareStrings(&place.fn, &place.stack) {
		case awscdk.TokenComparison_DIFFERENT():
			addError(fn, fmt.Errorf("function %s is in %s %s and the dashboard in %s, but a log query reads one: "+fix,
				functionPath(fn.Node()), place.what, place.fn, place.stack, place.what))
		case awscdk.TokenComparison_ONE_UNRESOLVED():
			addWarning(fn, "postinvoke:elsewhere", fmt.Sprintf("function %s may be in another %s than the dashboard, "+
				"which then shows nothing of it: set the %[2]s of the stack", functionPath(fn.Node()), place.what))
		}
	}
}

// label is the name of the function for people: its construct's path in the stack.
func label(fn awslambda.IFunction) string {
	path := *fn.Node().Path()
	stack := *awscdk.Stack_Of(fn).Node().Path()
	path = strings.TrimPrefix(strings.TrimPrefix(path, stack), "/")
	if parent, ok := strings.CutSuffix(path, "/Function"); ok {
		return parent // made by NewFunction
	}
	return path
}

// timeoutOf returns the timeout of a function of the app, in milliseconds.
func timeoutOf(fn awslambda.IFunction) float64 {
	cfn, ok := underlying(fn).Node().DefaultChild().(awslambda.CfnFunction)
	switch {
	case !ok:
		return 0
	case cfn.Timeout() == nil:
		return 3000 // Lambda's default
	case *awscdk.Token_IsUnresolved(cfn.Timeout()):
		return 0
	}
	return *cfn.Timeout() * 1000
}

// logGroupName returns the log group of fn. IFunction.LogGroup would add a log group,
// or a custom resource, to the stack.
func logGroupName(fn awslambda.IFunction) *string {
	fn = underlying(fn)
	made, isFunction := fn.(awslambda.Function)
	cfn, isResource := fn.Node().DefaultChild().(awslambda.CfnFunction)
	if isFunction && isResource && loggingConfig(cfn)["logGroup"] != nil {
		return made.LogGroup().LogGroupName()
	}
	return jsii.String("/aws/lambda/" + *fn.FunctionName())
}

// logGroups are those of all functions. A function and its aliases have the
// same one.
func logGroups(functions []dashboardFunction) []*string {
	var groups []*string
	for _, fn := range functions {
		if !slices.ContainsFunc(groups, func(g *string) bool { return *g == *fn.logGroup }) {
			groups = append(groups, fn.logGroup)
		}
	}
	return groups
}

// underlying is the function of an alias or a version, which logs for them.
func underlying(fn awslambda.IFunction) awslambda.IFunction {
	if alias, ok := fn.(awslambda.IAlias); ok {
		fn = alias.Version()
	}
	if version, ok := fn.(awslambda.IVersion); ok {
		fn = version.Lambda()
	}
	return fn
}

// functionVariable is the choice, at the top of the dashboard, of the function
// whose records the tables show.
//
// CloudWatch replaces the pattern with the chosen value wherever it stands in
// the dashboard. It stands in the queries only, as what @log begins with, so
// that without any choice they show all functions. A choice is all of @log and
// the colon after it, see selectedFunction: no other group has both.
func functionVariable(functions []dashboardFunction) awscloudwatch.IVariable {
	values := []*awscloudwatch.VariableValue{{Label: jsii.String("all"), Value: jsii.String(anyLogGroup())}}
	for _, fn := range functions {
		values = append(values, &awscloudwatch.VariableValue{
			Label: jsii.String(fn.label),
			Value: jsii.String(anyLogGroup() + *fn.logGroup + ":"),
		})
	}
	return awscloudwatch.NewDashboardVariable(&awscloudwatch.DashboardVariableOptions{
		Id:           jsii.String("function"),
		Label:        jsii.String("Function (tables and log)"),
		Type:         awscloudwatch.VariableType_PATTERN,
		InputType:    awscloudwatch.VariableInputType_SELECT,
		Value:        jsii.String(anyLogGroup()),
		Values:       awscloudwatch.Values_FromValues(values...),
		DefaultValue: awscloudwatch.DefaultValue_Value(anyLogGroup()),
	})
}

// anyLogGroup is what the @log of every record begins with: ACCOUNT:LOG-GROUP.
func anyLogGroup() string { return *awscdk.Aws_ACCOUNT_ID() + ":" }
