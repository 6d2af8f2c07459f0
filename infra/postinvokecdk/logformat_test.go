package postinvokecdk_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/postinvokecdk"
)

// warnings are those at synth, by the path of their construct.
func warnings(t *testing.T, stack awscdk.Stack) map[string]string {
	t.Helper()
	var metadata map[string][]struct{ Type, Data any }
	synth(t, stack).Read(t, "Stack.metadata.json", &metadata)
	found := map[string]string{}
	for path, entries := range metadata {
		for _, entry := range entries {
			if entry.Type != "aws:cdk:warning" {
				continue
			}
			if found[path] != "" {
				t.Errorf("%s has two warnings", path)
			}
			found[path] = fmt.Sprint(entry.Data)
		}
	}
	return found
}

func setLogging(fn awslambda.Function, config any) {
	fn.Node().DefaultChild().(awslambda.CfnFunction).SetLoggingConfig(config)
}

// The tables of a dashboard stay empty if a function logs text, and text is
// Lambda's default.
func TestTextLogsAreWarnedOf(t *testing.T) {
	stack := newStack(t)
	group := awslogs.NewLogGroup(stack, jsii.String("Logs"), nil)
	functions := []awslambda.IFunction{
		plain(stack, "Default", nil),
		plainWith(stack, "WithGroup", awslambda.FunctionProps{LogGroup: group}),
		plain(stack, "Aliased", nil).AddAlias(jsii.String("live"), nil),
		postinvokecdk.NewFunction(stack, jsii.String("Made"), &postinvokecdk.FunctionProps{
			Entry: "function", FunctionProps: awslambda.FunctionProps{LoggingFormat: awslambda.LoggingFormat_TEXT},
		}),
	}
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{Functions: functions})
	postinvokecdk.NewMetrics(stack, jsii.String("Metrics"), &postinvokecdk.MetricsProps{Functions: functions})

	got := warnings(t, stack)
	paths := slices.Sorted(maps.Keys(got))
	if want := []string{"/Stack/Aliased/Resource", "/Stack/Default/Resource", "/Stack/Made/Function/Resource",
		"/Stack/WithGroup/Resource"}; !slices.Equal(paths, want) {
		t.Errorf("warnings: got those of %q, want those of %q", paths, want)
	}
	const want = "function Stack/Default logs text, in which the dashboard and metrics of postinvoke find nothing: " +
		"set its LoggingFormat to awslambda.LoggingFormat_JSON [ack: postinvoke:textLog]"
	if got := got["/Stack/Default/Resource"]; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Above INFO the library's records of invocations and ends are dropped.
func TestLogLevelsAboveInfoAreWarnedOf(t *testing.T) {
	stack := newStack(t)
	var functions []awslambda.IFunction
	for _, level := range []awslambda.ApplicationLogLevel{awslambda.ApplicationLogLevel_DEBUG,
		awslambda.ApplicationLogLevel_INFO, awslambda.ApplicationLogLevel_WARN} {
		functions = append(functions, plainWith(stack, string(level), awslambda.FunctionProps{
			LoggingFormat: awslambda.LoggingFormat_JSON, ApplicationLogLevelV2: level,
		}))
	}
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{Functions: functions})
	const want = "function Stack/WARN drops log records below WARN, so that the dashboard of postinvoke lacks its " +
		"invocations and ends: " +
		"set its ApplicationLogLevelV2 to awslambda.ApplicationLogLevel_INFO [ack: postinvoke:logLevel]"
	if got := warnings(t, stack); len(got) != 1 || got["/Stack/WARN/Resource"] != want {
		t.Errorf("got %q, want one of WARN, %q", got, want)
	}
}

// What may log JSON is not warned of: cdk synth --strict would fail.
func TestNoWarningOfOtherLogs(t *testing.T) {
	stack := newStack(t)
	parameter := awscdk.NewCfnParameter(stack, jsii.String("Format"), nil).ValueAsString()
	condition := awscdk.NewCfnCondition(stack, jsii.String("Wanted"),
		&awscdk.CfnConditionProps{Expression: awscdk.Fn_ConditionEquals(parameter, "JSON")})
	deployed, conditional := plain(stack, "Parameter", nil), plain(stack, "Conditional", nil)
	later, known, managed := plain(stack, "Later", nil), plain(stack, "Acknowledged", nil), plain(stack, "Managed", nil)
	setLogging(deployed, &awslambda.CfnFunction_LoggingConfigProperty{LogFormat: parameter})
	setLogging(conditional, awscdk.Fn_ConditionIf(condition.LogicalId(), map[string]any{"LogFormat": "JSON"},
		awscdk.Aws_NO_VALUE()))
	provider := &awslambda.CfnFunction_LambdaManagedInstancesCapacityProviderConfigProperty{
		CapacityProviderArn: jsii.String("arn:aws:lambda:eu-west-1:123456789012:capacity-provider:mine"),
	}
	managed.Node().DefaultChild().(awslambda.CfnFunction).SetCapacityProviderConfig(
		&awslambda.CfnFunction_CapacityProviderConfigProperty{LambdaManagedInstancesCapacityProviderConfig: provider})
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"),
		&postinvokecdk.DashboardProps{Functions: []awslambda.IFunction{
			plainWith(stack, "JSON", awslambda.FunctionProps{LoggingFormat: awslambda.LoggingFormat_JSON}),
			awslambda.Function_FromFunctionName(stack, jsii.String("Imported"), jsii.String("orders")),
			deployed, conditional, later, known, managed,
		}})
	setLogging(later, &awslambda.CfnFunction_LoggingConfigProperty{LogFormat: jsii.String("JSON")})
	awscdk.Annotations_Of(known).AcknowledgeWarning(jsii.String("postinvoke:textLog"), nil)

	if got := warnings(t, stack); len(got) != 0 {
		t.Errorf("got %q, want no warnings", got)
	}
}
