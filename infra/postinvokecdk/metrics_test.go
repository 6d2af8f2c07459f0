package postinvokecdk_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/postinvokecdk"
)

func TestMetricFilters(t *testing.T) {
	stack := newStack(t)
	fn := postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{Entry: "function"})
	topic := awssns.NewTopic(stack, jsii.String("Topic"), nil)
	postinvokecdk.NewMetrics(stack, jsii.String("Metrics"), &postinvokecdk.MetricsProps{
		Functions: []awslambda.IFunction{fn}, Alarms: true,
		AlarmActions: []awscloudwatch.IAlarmAction{awscloudwatchactions.NewSnsAction(topic)},
	})

	want := map[string]string{
		"HookTime":      `{ ($.message = "postinvoke: hooks finished") && ($.hooksMs >= 0) }`,
		"HookFailures":  `{ (($.message = "postinvoke: hooks finished") || ($.message = "postinvoke: shutdown hooks finished")) && ($.failures >= 0) }`,
		"HookAbandoned": `{ (($.message = "postinvoke: hooks finished") || ($.message = "postinvoke: shutdown hooks finished")) && ($.abandoned >= 0) }`,
		"ShutdownTime":  `{ ($.message = "postinvoke: shutdown hooks finished") && ($.hooksMs >= 0) }`,
	}
	got := map[string]string{}
	for _, filter := range resources(t, stack, "AWS::Logs::MetricFilter") {
		transformation := filter.Properties["MetricTransformations"].([]any)[0].(map[string]any)
		if transformation["Dimensions"] != nil {
			t.Errorf("got dimensions %v: the records have no field that names the function", transformation["Dimensions"])
		}
		got[transformation["MetricName"].(string)] = filter.Properties["FilterPattern"].(string)
	}
	if !maps.Equal(got, want) {
		t.Errorf("filters: got %q, want %q", got, want)
	}

	var alarmed []string
	for _, alarm := range resources(t, stack, "AWS::CloudWatch::Alarm") {
		alarmed = append(alarmed, alarm.Properties["MetricName"].(string))
		if actions, _ := alarm.Properties["AlarmActions"].([]any); len(actions) != 1 {
			t.Errorf("actions of the alarm: got %v, want the topic", actions)
		}
	}
	slices.Sort(alarmed)
	if want := []string{"HookAbandoned", "HookFailures"}; !slices.Equal(alarmed, want) {
		t.Errorf("alarms: got %q, want %q", alarmed, want)
	}
}

// The functions of other people's stacks: their log group is only known by name.
func TestImportedFunctions(t *testing.T) {
	stack := newStack(t)
	fn := awslambda.Function_FromFunctionName(stack, jsii.String("Imported"), jsii.String("orders"))
	functions := []awslambda.IFunction{fn}
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{Functions: functions, Name: "orders"})
	postinvokecdk.NewMetrics(stack, jsii.String("Metrics"), &postinvokecdk.MetricsProps{Functions: functions})
	for _, filter := range resources(t, stack, "AWS::Logs::MetricFilter") {
		got := jsonText(t, filter.Properties["LogGroupName"])
		if !strings.Contains(got, "/aws/lambda/") || !strings.Contains(got, ":function:orders") {
			t.Errorf("log group: got %s, want /aws/lambda/ and the function's name, orders", got)
		}
	}
	if n := len(resources(t, stack, "Custom::LogRetention")) + len(resources(t, stack, "AWS::Logs::LogGroup")); n != 0 {
		t.Errorf("got %d log groups that nobody asked for", n)
	}
	if got := resources(t, stack, "AWS::CloudWatch::Dashboard")[0].Properties["DashboardName"]; got != "orders" {
		t.Errorf("name of the dashboard: got %v, want orders", got)
	}
}

// An alias has no log of its own: its function logs.
func TestAliasesAndVersions(t *testing.T) {
	stack := newStack(t)
	fn := postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{Entry: "function"})
	alias := fn.AddAlias(jsii.String("live"), nil)
	functions := []awslambda.IFunction{alias, fn.CurrentVersion()}
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{Functions: functions})
	postinvokecdk.NewMetrics(stack, jsii.String("Metrics"), &postinvokecdk.MetricsProps{Functions: functions})

	body := jsonText(t, resources(t, stack, "AWS::CloudWatch::Dashboard")[0].Properties)
	if strings.Contains(body, "/aws/lambda/") || !strings.Contains(body, `{"Ref":"HelloLogs`) {
		t.Errorf("dashboard: got %s, want the log group of the function", body)
	}
	filters := resources(t, stack, "AWS::Logs::MetricFilter")
	if len(filters) != 4 {
		t.Errorf("got %d metric filters, want the 4 of one function", len(filters))
	}
	for _, filter := range filters {
		if got := jsonText(t, filter.Properties["LogGroupName"]); !strings.Contains(got, `{"Ref":"HelloLogs`) {
			t.Errorf("log group: got %s, want that of the function", got)
		}
	}
}

// A filter cannot be made before its log group.
func TestMetricsWaitForTheLogGroup(t *testing.T) {
	for name, test := range map[string]struct {
		flag  bool
		props awslambda.FunctionProps
		want  string
	}{
		"made by the CDK": {true, awslambda.FunctionProps{}, "PlainLogGroup"},
		//lint:ignore SA1019 functions made elsewhere may still have it
		"retention": {false, awslambda.FunctionProps{LogRetention: awslogs.RetentionDays_ONE_DAY}, "PlainLogRetention"},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack(t)
			stack.Node().SetContext(jsii.String("@aws-cdk/aws-lambda:useCdkManagedLogGroup"), test.flag)
			fn := plainWith(stack, "Plain", test.props)
			postinvokecdk.NewMetrics(stack, jsii.String("Metrics"), &postinvokecdk.MetricsProps{Functions: []awslambda.IFunction{fn}})
			for _, filter := range resources(t, stack, "AWS::Logs::MetricFilter") {
				if got := strings.Join(filter.DependsOn, " "); !strings.Contains(got, test.want) {
					t.Errorf("the filter depends on %q, want %s", got, test.want)
				}
			}
		})
	}
}

// A function without a log group of its own is shown all the same, and its
// stack gets none on the way.
func TestDashboardAddsNoLogGroup(t *testing.T) {
	stack := newStack(t)
	fn := plain(stack, "Plain", awslambda.Architecture_ARM_64())
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{Functions: []awslambda.IFunction{fn}})
	if n := len(resources(t, stack, "Custom::LogRetention")) + len(resources(t, stack, "AWS::Logs::LogGroup")); n != 0 {
		t.Errorf("got %d log groups that nobody asked for", n)
	}
}

func vpcOf(stack awscdk.Stack) awsec2.IVpc {
	return awsec2.NewVpc(stack, jsii.String("Vpc"), &awsec2.VpcProps{MaxAzs: jsii.Number(1), NatGateways: jsii.Number(0),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{{Name: jsii.String("inner"), SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED}}})
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
