package postinvokecdk

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// DashboardProps are the properties of a [Dashboard].
type DashboardProps struct {
	// Functions that the dashboard shows, in this order: any that use the
	// library, made here or imported, their aliases and versions. At least one.
	//
	// Their log format must be JSON and their application log level INFO or
	// lower (DEBUG, TRACE): most records are INFO, and only those written are
	// seen. A function of the app that logs text gets a warning at synth. So does
	// one whose format AddPropertyOverride sets: the CDK does not tell.
	//
	// Where a function's log group is not known, as that of an imported one,
	// it is taken to be /aws/lambda/NAME.
	Functions []awslambda.IFunction

	// Name of the dashboard. Empty means one that CloudFormation makes up, so
	// that the stack can be deployed twice.
	Name string

	// Start of the time shown at first, relative to now, as in -PT8H. Empty
	// means the last three hours.
	Start string
}

// A Dashboard shows what callers waited for and what came after.
//
// Its log widgets run a query each time it is loaded or refreshed, and queries
// are paid for by the data they read.
type Dashboard struct {
	awscloudwatch.Dashboard
}

// NewDashboard adds a dashboard of functions that use the library.
func NewDashboard(scope constructs.Construct, id *string, props *DashboardProps) *Dashboard {
	if props == nil || len(props.Functions) == 0 {
		panic(errors.New("a dashboard without functions would be empty: set DashboardProps.Functions"))
	}
	start := props.Start
	if start == "" {
		start = "-PT3H"
	}
	functions := make([]shown, len(props.Functions))
	for i, fn := range props.Functions {
		functions[i] = shown{fn, label(fn), logGroupName(fn)}
		warnOfTextLog(fn)
	}

	this := &Dashboard{}
	dashboardProps := &awscloudwatch.DashboardProps{Start: &start}
	if props.Name != "" {
		dashboardProps.DashboardName = &props.Name
	}
	if len(functions) > 1 {
		dashboardProps.Variables = &[]awscloudwatch.IVariable{functionVariable(functions)}
	}
	awscloudwatch.NewDashboard_Override(this, scope, id, dashboardProps)
	for _, row := range rows(functions) {
		this.AddWidgets(row...)
	}
	return this
}

// URL is the address of the dashboard in the console of its region.
func (d *Dashboard) URL() string {
	region := *awscdk.Stack_Of(d).Region()
	return fmt.Sprintf("https://%s.console.aws.amazon.com/cloudwatch/home?region=%[1]s#dashboards/dashboard/%s", region, *d.DashboardName())
}

// shown is a function on the dashboard.
type shown struct {
	awslambda.IFunction
	label    string
	logGroup *string
}

// label is what people call the function: its construct's path in the stack.
func label(fn awslambda.IFunction) string {
	path := *fn.Node().Path()
	stack := *awscdk.Stack_Of(fn).Node().Path()
	path = strings.TrimPrefix(strings.TrimPrefix(path, stack), "/")
	if parent, ok := strings.CutSuffix(path, "/Function"); ok {
		return parent // made by NewFunction
	}
	return path
}

// logGroupName finds where fn logs to. Asking fn itself would add a log group,
// or a custom resource, to a stack whose author wanted none.
func logGroupName(fn awslambda.IFunction) *string {
	fn = underlying(fn)
	made, isFunction := fn.(awslambda.Function)
	cfn, isResource := fn.Node().DefaultChild().(awslambda.CfnFunction)
	if isFunction && isResource && cfn.LoggingConfig() != nil {
		set, _ := awscdk.Stack_Of(fn).Resolve(cfn.LoggingConfig()).(map[string]any)
		if set["logGroup"] != nil {
			return made.LogGroup().LogGroupName()
		}
	}
	return jsii.String("/aws/lambda/" + *fn.FunctionName())
}

// underlying is the function that an alias or a version is of. It logs for them.
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
// whose records the log widgets show.
//
// CloudWatch replaces the pattern with the chosen value wherever it stands in
// the dashboard. It stands in the queries only, as what @log begins with, so
// that without any choice they show all functions. A choice is all of @log and
// the colon after it, see chosen: no other group has both.
func functionVariable(functions []shown) awscloudwatch.IVariable {
	values := []*awscloudwatch.VariableValue{{Label: jsii.String("all"), Value: jsii.String(anyLogGroup())}}
	for _, fn := range functions {
		values = append(values, &awscloudwatch.VariableValue{
			Label: jsii.String(fn.label),
			Value: jsii.String(anyLogGroup() + *fn.logGroup + ":"),
		})
	}
	return awscloudwatch.NewDashboardVariable(&awscloudwatch.DashboardVariableOptions{
		Id:           jsii.String("function"),
		Label:        jsii.String("Function (records and log)"),
		Type:         awscloudwatch.VariableType_PATTERN,
		InputType:    awscloudwatch.VariableInputType_SELECT,
		Value:        jsii.String(anyLogGroup()),
		Values:       awscloudwatch.Values_FromValues(values...),
		DefaultValue: awscloudwatch.DefaultValue_Value(anyLogGroup()),
	})
}

// anyLogGroup is what the @log of every record begins with: ACCOUNT:LOG-GROUP.
func anyLogGroup() string { return *awscdk.Aws_ACCOUNT_ID() + ":" }
