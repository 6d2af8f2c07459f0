package postinvokecdk

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/record"
)

// MetricNamespace is the namespace of the metrics that [NewMetrics] makes of the
// functions' logs. Their dimension is FunctionName, as in AWS/Lambda.
const MetricNamespace = "PostInvoke"

// Names of these metrics. Those that count failures have no values while there are
// none.
const (
	MetricHookTime      = "HookTime"      // of an invocation whose hooks ran, in milliseconds
	MetricShutdownTime  = "ShutdownTime"  // of the shutdown hooks, in milliseconds
	MetricHooksFailed   = "HooksFailed"   // hooks that returned an error or panicked
	MetricHooksUndone   = "HooksUndone"   // hooks that were abandoned or refused
	MetricHooksLost     = "HooksLost"     // invocations whose hooks were lost, and lost shutdown functions
	MetricSetupProblems = "SetupProblems" // environments not kept awake, or in which library or extension fails
)

// MetricsProps are the properties of [NewMetrics].
type MetricsProps struct {
	// Functions whose logs are counted, as in DashboardProps. There must be at
	// least one. Each costs up to six custom metrics, of which four have values
	// only in hours in which something fails. An alias or a version stands for its
	// function, which is counted once.
	//
	// A metric filter needs a log group that exists. If no stack makes that of a
	// function, invoke the function once before you deploy the filters, so that
	// Lambda makes it.
	Functions []awslambda.IFunction

	// Alarms adds four alarms for each function: on hooks that failed, were
	// abandoned or refused, or were lost, and on problems of the set-up.
	Alarms bool

	// AlarmActions of each alarm. Nil means that alarms are seen in the console
	// only.
	AlarmActions []awscloudwatch.IAlarmAction

	// Dashboard that shows the state of the alarms. Their descriptions have its
	// address. Nil means neither.
	Dashboard *Dashboard
}

// Metrics are the metric filters and alarms that NewMetrics made. Metrics is not a
// construct.
type Metrics struct {
	// Alarms in the order of the functions, and for each in the order failed,
	// undone, lost, set-up problems. Empty unless MetricsProps.Alarms.
	Alarms []awscloudwatch.Alarm
}

// NewMetrics makes metrics of the records in the functions' logs, and alarms if
// wanted. They cost money, so neither function nor dashboard includes them.
func NewMetrics(scope constructs.Construct, id *string, props *MetricsProps) *Metrics {
	if props == nil {
		props = &MetricsProps{}
	}
	this := &Metrics{}
	parent := constructs.NewConstruct(scope, id)
	if len(props.Functions) == 0 {
		addError(parent, errors.New("there is nothing to measure without functions: set MetricsProps.Functions"))
	}
	counted, filtered := map[string]bool{}, map[string]bool{}
	for _, fn := range props.Functions {
		fn = underlying(fn)
		if counted[*fn.Node().Addr()] {
			continue
		}
		counted[*fn.Node().Addr()] = true
		warnOfLogging(fn)
		name := label(fn)
		if parent.Node().TryFindChild(&name) != nil {
			name += *fn.Node().Addr() // of the same name in another stack
		}
		m := functionMetrics{constructs.NewConstruct(parent, &name), fn, props}
		// Records of functions that share a log group differ in their function.
		if group := logGroupName(fn); !filtered[*group] {
			filtered[*group] = true
			m.addFilters(group)
		}
		if props.Alarms {
			this.Alarms = append(this.Alarms, m.addAlarms()...)
		}
	}
	if props.Dashboard != nil && len(this.Alarms) > 0 {
		props.Dashboard.showAlarms(this.Alarms)
	}
	return this
}

// A metric is made of the records that match a pattern.
type metric struct {
	name    string
	unit    awscloudwatch.Unit
	value   string // a number, or the field that has it
	pattern awslogs.IFilterPattern
	means   string // the description of its alarm: what happens to hooks of %s; empty for none
}

// metrics are all metrics of a function, and their alarms.
func metrics() []metric {
	const milliseconds, count = awscloudwatch.Unit_MILLISECONDS, awscloudwatch.Unit_COUNT
	anyOf, allOf := awslogs.FilterPattern_Any, awslogs.FilterPattern_All
	cannotWork := allOf(is("level", "ERROR"), anyOf(is("message", record.Ready), is("message", record.LibraryProblem)))
	return []metric{
		{MetricHookTime, milliseconds, "$." + record.HooksMs, timed(record.Hooks), ""},
		{MetricShutdownTime, milliseconds, "$." + record.HooksMs, timed(record.ShutdownHooks), ""},
		{MetricHooksFailed, count, "1", is("message", record.HookFailed),
			"Hooks of %s return errors or panic."},
		{MetricHooksUndone, count, "1", anyOf(is("message", record.HookAbandoned), is("message", record.HookRefused)),
			"Hooks of %s are abandoned before the timeout, or registered too late."},
		{MetricHooksLost, count, "1", is("message", record.HooksLost),
			"The process of %s ended or timed out with hooks that were not done."},
		{MetricSetupProblems, count, "1", anyOf(is("message", record.ExtensionProblem), cannotWork),
			"Nothing keeps environments of %s awake for hooks, or the library or the extension cannot work."},
	}
}

func is(field, value string) awslogs.JsonPattern {
	return awslogs.FilterPattern_StringValue(jsii.String("$."+field), jsii.String("="), &value)
}

// timed matches records with a time: that of hooks of which none started has none.
func timed(message string) awslogs.IFilterPattern {
	return awslogs.FilterPattern_All(is("message", message),
		awslogs.FilterPattern_NumberValue(jsii.String("$."+record.HooksMs), jsii.String(">="), jsii.Number(0)))
}

// functionMetrics adds the metrics and alarms of one function to scope.
type functionMetrics struct {
	scope constructs.Construct
	fn    awslambda.IFunction
	props *MetricsProps
}

// addFilters makes the metrics of the records in a log group.
func (f functionMetrics) addFilters(group *string) {
	// The log group that the CDK makes depends on the function, so that a
	// dependency on the function is not enough.
	for _, made := range []string{"LogGroup", "LogRetention"} {
		if group := f.fn.Node().TryFindChild(&made); group != nil {
			f.scope.Node().AddDependency(group)
		}
	}
	logs := awslogs.LogGroup_FromLogGroupName(f.scope, jsii.String("Logs"), group)
	for _, m := range metrics() {
		awslogs.NewMetricFilter(f.scope, &m.name, &awslogs.MetricFilterProps{
			LogGroup: logs, FilterPattern: m.pattern,
			MetricNamespace: jsii.String(MetricNamespace), MetricName: &m.name, MetricValue: &m.value, Unit: m.unit,
			Dimensions: &map[string]*string{"FunctionName": jsii.String("$." + record.Function)},
		})
	}
}

func (f functionMetrics) addAlarms() []awscloudwatch.Alarm {
	var alarms []awscloudwatch.Alarm
	for _, m := range metrics() {
		if m.means != "" {
			alarms = append(alarms, f.addAlarm(m))
		}
	}
	return alarms
}

func (f functionMetrics) addAlarm(m metric) awscloudwatch.Alarm {
	description := fmt.Sprintf(m.means, label(f.fn))
	if f.props.Dashboard != nil {
		description += " See " + f.props.Dashboard.urlIn(f.scope)
	}
	name := fmt.Sprintf("%s-%s", *awscdk.Stack_Of(f.scope).StackName(), inStack(f.scope, m.name))
	alarm := awscloudwatch.NewAlarm(f.scope, jsii.String(m.name+"Alarm"), &awscloudwatch.AlarmProps{
		AlarmName: &name,
		Metric: awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace: jsii.String(MetricNamespace), MetricName: &m.name,
			DimensionsMap: &map[string]*string{"FunctionName": f.fn.FunctionName()},
			Statistic:     jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(5)),
		}),
		Threshold:          jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		EvaluationPeriods:  jsii.Number(1),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
		AlarmDescription:   &description,
	})
	if len(f.props.AlarmActions) > 0 {
		alarm.AddAlarmAction(f.props.AlarmActions...)
	}
	return alarm
}
