package postinvokecdk

import (
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/record"
)

// MetricNamespace is followed by a slash and the function's name: the
// namespace of the metrics that [NewMetrics] makes of a function's log.
const MetricNamespace = "PostInvoke"

// Names of these metrics.
const (
	MetricHookTime      = "HookTime"      // of an invocation, in milliseconds
	MetricHookFailures  = "HookFailures"  // of an invocation or a shutdown
	MetricHookAbandoned = "HookAbandoned" // of an invocation or a shutdown
	MetricShutdownTime  = "ShutdownTime"  // of the shutdown hooks, in milliseconds
)

// MetricsProps are the properties of [NewMetrics].
type MetricsProps struct {
	// Functions whose log is counted, as in DashboardProps. At least one. Each
	// costs four custom metrics. An alias or a version stands for its function,
	// which logs for all of them and is counted once.
	//
	// A metric filter needs a log group that exists. Where the stack of a
	// function has none for it, the function must have been invoked once before
	// the filters are deployed: Lambda then makes the group.
	Functions []awslambda.IFunction

	// Alarms adds two alarms for each function: on failed and on abandoned
	// hooks in five minutes.
	Alarms bool

	// AlarmActions are told by each alarm. Nil means that an alarm is only
	// seen in the console.
	AlarmActions []awscloudwatch.IAlarmAction
}

// Metrics are metric filters and alarms. They are no construct themselves.
type Metrics struct {
	// Alarms in the order of the functions, failed before abandoned. Empty
	// unless MetricsProps.Alarms.
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
	counted := map[string]bool{}
	for _, fn := range props.Functions {
		fn = underlying(fn)
		if counted[*fn.Node().Addr()] {
			continue
		}
		counted[*fn.Node().Addr()] = true
		warnOfTextLog(fn)
		name := label(fn)
		if parent.Node().TryFindChild(&name) != nil {
			name += *fn.Node().Addr() // of the same name in another stack
		}
		m := functionMetrics{
			scope:     constructs.NewConstruct(parent, &name),
			namespace: MetricNamespace + "/" + *fn.FunctionName(),
		}
		// The group that the CDK makes knows the function, not the other way
		// round, so that a reference to the function is not enough.
		for _, made := range []string{"LogGroup", "LogRetention"} {
			if group := fn.Node().TryFindChild(&made); group != nil {
				m.scope.Node().AddDependency(group)
			}
		}
		m.group = awslogs.LogGroup_FromLogGroupName(m.scope, jsii.String("Logs"), logGroupName(fn))

		milliseconds, count := awscloudwatch.Unit_MILLISECONDS, awscloudwatch.Unit_COUNT
		m.filter(MetricHookTime, record.HooksMs, milliseconds, record.Hooks)
		failures := m.filter(MetricHookFailures, record.Failures, count, record.Hooks, record.ShutdownHooks)
		abandoned := m.filter(MetricHookAbandoned, record.Abandoned, count, record.Hooks, record.ShutdownHooks)
		m.filter(MetricShutdownTime, record.HooksMs, milliseconds, record.ShutdownHooks)

		if props.Alarms {
			this.Alarms = append(this.Alarms,
				m.alarm("FailedAlarm", failures, "Hooks of "+label(fn)+" fail: see the dashboard's table of them", props.AlarmActions),
				m.alarm("AbandonedAlarm", abandoned, "Hooks of "+label(fn)+" do not finish in time: see the dashboard's table of them", props.AlarmActions))
		}
	}
	return this
}

// functionMetrics makes the metrics and alarms of one function.
type functionMetrics struct {
	scope     constructs.Construct
	group     awslogs.ILogGroup
	namespace string
}

// filter makes a metric of a numeric field in the records with these messages.
// The function is in the namespace: a dimension can only come from the record.
func (m functionMetrics) filter(name, field string, unit awscloudwatch.Unit, messages ...string) awslogs.MetricFilter {
	var any []awslogs.JsonPattern
	for _, message := range messages {
		any = append(any, awslogs.FilterPattern_StringValue(jsii.String("$.message"), jsii.String("="), &message))
	}
	return awslogs.NewMetricFilter(m.scope, &name, &awslogs.MetricFilterProps{
		LogGroup: m.group,
		FilterPattern: awslogs.FilterPattern_All(
			awslogs.FilterPattern_Any(any...),
			awslogs.FilterPattern_NumberValue(jsii.String("$."+field), jsii.String(">="), jsii.Number(0)),
		),
		MetricNamespace: &m.namespace,
		MetricName:      &name,
		MetricValue:     jsii.String("$." + field),
		Unit:            unit,
	})
}

func (m functionMetrics) alarm(id string, filter awslogs.MetricFilter, description string, actions []awscloudwatch.IAlarmAction) awscloudwatch.Alarm {
	alarm := awscloudwatch.NewAlarm(m.scope, &id, &awscloudwatch.AlarmProps{
		Metric: filter.Metric(&awscloudwatch.MetricOptions{
			Statistic: jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(5)),
		}),
		Threshold:          jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		EvaluationPeriods:  jsii.Number(1),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
		AlarmDescription:   &description,
	})
	if len(actions) > 0 {
		alarm.AddAlarmAction(actions...)
	}
	return alarm
}
