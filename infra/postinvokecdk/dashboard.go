package postinvokecdk

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// DashboardProps are the properties of a [Dashboard].
type DashboardProps struct {
	// Functions that the dashboard shows, in this order: any that use the
	// library, made here or imported, their aliases and versions, with the layer
	// or without it. There must be at least one. All of them must be in the region
	// and account of the dashboard, and have at most 50 log groups together: a log
	// query reads no more.
	//
	// Their log format must be JSON and their application log level INFO or
	// lower (DEBUG, TRACE), because most records are INFO. A function of the app
	// with another setting gets a warning at synth, even if AddPropertyOverride
	// corrects it: the constructs do not see overrides.
	//
	// An unknown log group, as that of an imported function, is assumed to be
	// /aws/lambda/NAME.
	Functions []awslambda.IFunction

	// Name of the dashboard, unique in the account. Empty means
	// STACK-REGION-CONSTRUCT.
	Name string

	// Start of the time shown at first, relative to now, as in -PT8H. Empty
	// means the last three hours.
	Start string
}

// A Dashboard shows how functions and their hooks perform: use, failures, what callers
// wait for, what hooks cost, and what went wrong with them.
//
// Its tables run queries each time it is loaded or refreshed. CloudWatch charges
// for the data that queries read.
type Dashboard struct {
	awscloudwatch.Dashboard
	name string
	head awscloudwatch.Column // the topmost widgets
}

// NewDashboard adds a dashboard of functions that use the library.
func NewDashboard(scope constructs.Construct, id *string, props *DashboardProps) *Dashboard {
	if props == nil {
		props = &DashboardProps{}
	}
	start := props.Start
	if start == "" {
		start = "-PT3H"
	}
	functions := dashboardFunctions(scope, props.Functions)

	this := &Dashboard{name: props.Name}
	if this.name == "" {
		stack := awscdk.Stack_Of(scope)
		this.name = fmt.Sprintf("%s-%s-%s", *stack.StackName(), *stack.Region(), inStack(scope, *id))
	}
	dashboardProps := &awscloudwatch.DashboardProps{Start: &start, DashboardName: &this.name}
	if len(functions) > 1 {
		dashboardProps.Variables = &[]awscloudwatch.IVariable{functionVariable(functions)}
	}
	awscloudwatch.NewDashboard_Override(this, scope, id, dashboardProps)
	this.head = awscloudwatch.NewColumn(awscloudwatch.NewTextWidget(&awscloudwatch.TextWidgetProps{
		Markdown: jsii.String(explanation), Width: jsii.Number(gridWidth), Height: jsii.Number(1),
	}))
	this.AddWidgets(this.head)
	if len(functions) == 0 {
		addError(this, errors.New("a dashboard without functions would be empty: set DashboardProps.Functions"))
		return this
	}
	for _, row := range widgets(functions) {
		this.AddWidgets(row...)
	}
	return this
}

// inStack is the path of a construct in its stack, for use in names.
func inStack(scope constructs.Construct, id string) string {
	path := strings.TrimPrefix(*scope.Node().Path(), *awscdk.Stack_Of(scope).Node().Path())
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z') {
			return r
		}
		return '-'
	}, strings.TrimPrefix(path+"/"+id, "/"))
}

// showAlarms adds the state of alarms to the top. Of many alarms it shows only
// those in alarm.
func (d *Dashboard) showAlarms(alarms []awscloudwatch.Alarm) {
	const room = 8
	var refs []interfacesawscloudwatch.IAlarmRef
	for _, alarm := range alarms {
		refs = append(refs, alarm)
	}
	props := &awscloudwatch.AlarmStatusWidgetProps{
		Title: jsii.String("Alarms"), Alarms: &refs, Width: jsii.Number(gridWidth), Height: jsii.Number(2),
	}
	if len(alarms) > room {
		props.Title = jsii.String(fmt.Sprintf("In alarm, of %d", len(alarms)))
		props.States = &[]awscloudwatch.AlarmState{awscloudwatch.AlarmState_ALARM}
	}
	d.head.AddWidget(awscloudwatch.NewAlarmStatusWidget(props))
}

// URL is the address of the dashboard in the console of its region.
func (d *Dashboard) URL() string { return d.urlIn(d) }

// urlIn is the address for use in the stack of scope.
func (d *Dashboard) urlIn(scope constructs.Construct) string {
	region := *awscdk.Stack_Of(d).Region()
	return fmt.Sprintf("https://%s.%s/cloudwatch/home?region=%[1]s#dashboards/dashboard/%[3]s",
		region, consoleDomain(scope), d.name)
}

// consoleDomain is the domain of the console, for use in the stack of scope. The
// template finds it at deployment if the region is not known at synth.
func consoleDomain(scope constructs.Construct) string {
	stack := awscdk.Stack_Of(scope)
	is := func(id, partition string) *string {
		id = "PostInvoke" + id
		if stack.Node().TryFindChild(&id) == nil {
			awscdk.NewCfnCondition(stack, &id, &awscdk.CfnConditionProps{
				Expression: awscdk.Fn_ConditionEquals(stack.Partition(), &partition),
			})
		}
		return stack.Node().FindChild(&id).(awscdk.CfnCondition).LogicalId()
	}
	const china, government, others = "console.amazonaws.cn", "console.amazonaws-us-gov.com", "console.aws.amazon.com"
	switch region := *stack.Region(); {
	case strings.HasPrefix(region, "cn-"):
		return china
	case strings.HasPrefix(region, "us-gov-"):
		return government
	case !*awscdk.Token_IsUnresolved(&region):
		return others
	}
	domain := awscdk.Fn_ConditionIf(is("InChina", "aws-cn"), jsii.String(china),
		awscdk.Fn_ConditionIf(is("InGovCloud", "aws-us-gov"), jsii.String(government), jsii.String(others)))
	return *awscdk.Token_AsString(domain, nil)
}
