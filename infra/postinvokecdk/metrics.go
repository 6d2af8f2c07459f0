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

// Names of these metrics. Those that count what goes wrong have no values while
// nothing does.
const (
	MetricHookTime      = "HookTime"      // of an invocation whose hooks ran, in milliseconds
	MetricShutdownTime  = "ShutdownTime"  // of the shutdown hooks, in milliseconds
	MetricHooksFailed   = "HooksFailed"   // hooks that returned an error or panicked
	MetricHooksUndone   = "HooksUndone"   // hooks that were abandoned or refused
	MetricHooksLost     = "HooksLost"     // ends of a process with hooks that ran or waited
	MetricSetupProblems = "SetupProblems" // environments that nothing keeps awake, or whose library or extension cannot work
)

// MetricsProps are the properties of [NewMetrics].
type MetricsProps struct {
	// Functions whose log is counted, as in DashboardProps. At least one. Each
	// costs up to six custom metrics, of which four have values only in hours in
	// which something goes wrong. An alias or a version stands for its function,
	// which logs for all of them and is counted once.
	//
	// A metric filter needs a log group that exists. Where the stack of a
	// function has none for it, the function must have been invoked once before
	// the filters are deployed: Lambda then makes the group.
	Functions []awslambda.IFunction

	// Alarms adds four alarms for each function: on hooks that failed, were not
	// done, or were lost, and on environments that are not kept awake.
	Alarms bool

	// AlarmActions are told by each alarm. Nil means that an alarm is only
	// seen in the console.
	AlarmActions []awscloudwatch.IAlarmAction

	// Dashboard shows the state of the alarms, which have its address in their
	// descriptions. Nil means neither.
	Dashboard *Dashboard
}

// Metrics are metric filters and alarms. They are no construct themselves.
type Metrics struct {
	// Alarms in the order of the functions, and for each in the order failed,
	// not done, lost, not kept awake. Empty unless MetricsProps.Alarms.
	Alarms []awscloudwatch.Alarm
}

// NewMetrics makes metrics of the records in the functions' logs, and alarms
// if wanted. They cost, which is why neither function nor dashboard has them.
func NewMetrics(scope constructs.Construct, id *string, props *MetricsProps) *Metrics {
	if props == nil || len(props.Functions) == 0 {
		panic(errors.New("there is nothing to measure without functions: set MetricsProps.Functions"))
	}
	this := &Metrics{}
	parent := constructs.NewConstruct(scope, id)
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
		// Functions that share a log group are told apart by their records.
		if group := logGroupName(fn); !filtered[*group] {
			filtered[*group] = true
			m.filters(group)
		}
		if props.Alarms {
			this.Alarms = append(this.Alarms, m.alarms()...)
		}
	}
	if props.Dashboard != nil && len(this.Alarms) > 0 {
		props.Dashboard.showAlarms(this.Alarms)
	}
	return this
}

// functionMetrics makes the metrics and alarms of one function.
type functionMetrics struct {
	scope constructs.Construct
	fn    awslambda.IFunction
	props *MetricsProps
}

// filters makes metrics of the records in a log group.
func (m functionMetrics) filters(group *string) {
	// The group that the CDK makes knows the function, not the other way
	// round, so that a reference to the function is not enough.
	for _, made := range []string{"LogGroup", "LogRetention"} {
		if group := m.fn.Node().TryFindChild(&made); group != nil {
			m.scope.Node().AddDependency(group)
		}
	}
	logs := awslogs.LogGroup_FromLogGroupName(m.scope, jsii.String("Logs"), group)
	filter := func(name, value string, unit awscloudwatch.Unit, pattern awslogs.IFilterPattern) {
		awslogs.NewMetricFilter(m.scope, &name, &awslogs.MetricFilterProps{
			LogGroup: logs, FilterPattern: pattern,
			MetricNamespace: jsii.String(MetricNamespace), MetricName: &name, MetricValue: &value, Unit: unit,
			Dimensions: &map[string]*string{"FunctionName": jsii.String("$." + record.Function)},
		})
	}
	milliseconds, count := awscloudwatch.Unit_MILLISECONDS, awscloudwatch.Unit_COUNT
	filter(MetricHookTime, "$."+record.HooksMs, milliseconds, timed(record.Hooks))
	filter(MetricShutdownTime, "$."+record.HooksMs, milliseconds, timed(record.ShutdownHooks))
	filter(MetricHooksFailed, "1", count, is("message", record.HookFailed))
	filter(MetricHooksUndone, "1", count,
		awslogs.FilterPattern_Any(is("message", record.HookAbandoned), is("message", record.HookRefused)))
	filter(MetricHooksLost, "1", count, is("message", record.HooksLost))
	filter(MetricSetupProblems, "1", count, awslogs.FilterPattern_Any(is("message", record.ExtensionProblem),
		awslogs.FilterPattern_All(is("level", "ERROR"),
			awslogs.FilterPattern_Any(is("message", record.Ready), is("message", record.LibraryProblem)))))
}

func is(field, value string) awslogs.JsonPattern {
	return awslogs.FilterPattern_StringValue(jsii.String("$."+field), jsii.String("="), &value)
}

// timed matches records of hooks that ran: others have no time.
func timed(message string) awslogs.IFilterPattern {
	return awslogs.FilterPattern_All(is("message", message),
		awslogs.FilterPattern_NumberValue(jsii.String("$."+record.HooksMs), jsii.String(">="), jsii.Number(0)))
}

func (m functionMetrics) alarms() []awscloudwatch.Alarm {
	name := label(m.fn)
	return []awscloudwatch.Alarm{
		m.alarm("HooksFailed", MetricHooksFailed, "Hooks of "+name+" return errors or panic."),
		m.alarm("HooksUndone", MetricHooksUndone,
			"Hooks of "+name+" are abandoned before the timeout, or registered too late."),
		m.alarm("HooksLost", MetricHooksLost, "The process of "+name+" ended or timed out with hooks that were not done."),
		m.alarm("NotAwake", MetricSetupProblems,
			"Nothing keeps environments of "+name+" awake for hooks, or the library or the extension cannot work."),
	}
}

func (m functionMetrics) alarm(id, metric, description string) awscloudwatch.Alarm {
	if m.props.Dashboard != nil {
		description += " See " + m.props.Dashboard.urlIn(m.scope)
	}
	name := fmt.Sprintf("%s-%s", *awscdk.Stack_Of(m.scope).StackName(), inStack(m.scope, id))
	alarm := awscloudwatch.NewAlarm(m.scope, jsii.String(id+"Alarm"), &awscloudwatch.AlarmProps{
		AlarmName: &name,
		Metric: awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace: jsii.String(MetricNamespace), MetricName: &metric,
			DimensionsMap: &map[string]*string{"FunctionName": m.fn.FunctionName()},
			Statistic:     jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(5)),
		}),
		Threshold:          jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		EvaluationPeriods:  jsii.Number(1),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
		AlarmDescription:   &description,
	})
	if len(m.props.AlarmActions) > 0 {
		alarm.AddAlarmAction(m.props.AlarmActions...)
	}
	return alarm
}
