package postinvokecdk_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/postinvokecdk"
	"example.com/postinvoke/internal/cloudwatch"
)

// One namespace, and the function as the dimension: as in AWS/Lambda. What the
// filters find, the tests of the app see on records.
func TestMetricFilters(t *testing.T) {
	stack := newStack(t)
	fn := postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{Entry: "function"})
	topic := awssns.NewTopic(stack, jsii.String("Topic"), nil)
	metrics := postinvokecdk.NewMetrics(stack, jsii.String("Metrics"), &postinvokecdk.MetricsProps{
		Functions: []awslambda.IFunction{fn}, Alarms: true,
		AlarmActions: []awscloudwatch.IAlarmAction{awscloudwatchactions.NewSnsAction(topic)},
	})
	var filtered, alarmed []string
	for _, filter := range resources(t, stack, "AWS::Logs::MetricFilter") {
		transformation := filter.Properties["MetricTransformations"].([]any)[0].(map[string]any)
		if got := jsonText(t, transformation["Dimensions"]); got != `[{"Key":"FunctionName","Value":"$.function"}]` ||
			transformation["MetricNamespace"] != "PostInvoke" {
			t.Errorf("got dimensions %s in %v, want FunctionName from the record, in "+
				"PostInvoke", got, transformation["MetricNamespace"])
		}
		filtered = append(filtered, transformation["MetricName"].(string))
	}
	for _, alarm := range resources(t, stack, "AWS::CloudWatch::Alarm") {
		alarmed = append(alarmed, alarm.Properties["MetricName"].(string))
		if actions, _ := alarm.Properties["AlarmActions"].([]any); len(actions) != 1 {
			t.Errorf("actions of the alarm: got %v, want the topic", actions)
		}
	}
	slices.Sort(filtered)
	slices.Sort(alarmed)
	if want := []string{"HookTime", "HooksFailed", "HooksLost", "HooksUndone", "SetupProblems",
		"ShutdownTime"}; !slices.Equal(filtered, want) {
		t.Errorf("filters: got %q, want %q", filtered, want)
	}
	if want := []string{"HooksFailed", "HooksLost", "HooksUndone", "SetupProblems"}; !slices.Equal(alarmed, want) ||
		len(metrics.Alarms) != len(want) {
		t.Errorf("alarms: got %q, want %q", alarmed, want)
	}
}

// Two functions in one log group: a second set of filters would count each
// record twice.
func TestFunctionsThatShareALogGroup(t *testing.T) {
	stack := newStack(t)
	group := awslogs.NewLogGroup(stack, jsii.String("Shared"), nil)
	var functions []awslambda.IFunction
	for _, id := range []string{"A", "B"} {
		functions = append(functions, plainWith(stack, id, awslambda.FunctionProps{LogGroup: group,
			LoggingFormat: awslambda.LoggingFormat_JSON}))
	}
	postinvokecdk.NewMetrics(stack, jsii.String("Metrics"), &postinvokecdk.MetricsProps{Functions: functions,
		Alarms: true})
	if filters, alarms := len(resources(t, stack, "AWS::Logs::MetricFilter")), len(resources(t, stack,
		"AWS::CloudWatch::Alarm")); filters != 6 || alarms != 8 {
		t.Errorf("got %d filters and %d alarms, want 6 for the group and 8 for the functions", filters, alarms)
	}
}

// What one dashboard cannot show is refused with what to do.
func TestDashboardRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		functions func(awscdk.Stack) []awslambda.IFunction
		want      string
	}{
		"too many": {func(stack awscdk.Stack) []awslambda.IFunction {
			var all []awslambda.IFunction
			for i := range 51 {
				id := fmt.Sprint("F", i)
				all = append(all, awslambda.Function_FromFunctionName(stack, &id, &id))
			}
			return all
		}, "51 functions with separate log groups are too many for a dashboard: CloudWatch reads 50 log groups in " +
			"a query; " +
			"leave function Stack/F50 and those after it to a second dashboard"},
		"another region": {func(stack awscdk.Stack) []awslambda.IFunction {
			return imported(stack, "arn:aws:lambda:us-east-1:123456789012:function:orders")
		}, "function Stack/Orders is in region us-east-1 and the dashboard in eu-west-1, but a log query reads one: " +
			"make a dashboard for it in a stack of that region"},
		"another account": {func(stack awscdk.Stack) []awslambda.IFunction {
			return imported(stack, "arn:aws:lambda:eu-west-1:210987654321:function:orders")
		}, "function Stack/Orders is in account 210987654321 and the dashboard in 123456789012, " +
			"but a log query reads " +
			"one: make a dashboard for it in a stack of that account"},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStackIn(t, &awscdk.Environment{
				Region: jsii.String("eu-west-1"), Account: jsii.String("123456789012"),
			})
			props := &postinvokecdk.DashboardProps{Functions: test.functions(stack)}
			postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), props)
			wantErrors(t, stack, test.want)
		})
	}
}

// Fifty are shown: the query is not too long.
func TestDashboardOfFiftyFunctions(t *testing.T) {
	stack := newStack(t)
	var all []awslambda.IFunction
	for i := range 50 {
		id := fmt.Sprint("F", i)
		all = append(all, awslambda.Function_FromFunctionName(stack, &id,
			jsii.String("a-function-with-a-rather-long-name-"+id)))
	}
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{Functions: all})
	d, err := cloudwatch.Deploy(synth(t, stack).Text(t, "Stack.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.View(nil, time.Now().Add(-time.Hour), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range d.Dashboard.Widgets {
		if _, err := v.Draw(w); err != nil {
			t.Error(err)
		}
	}
}

func imported(stack awscdk.Stack, arn string) []awslambda.IFunction {
	return []awslambda.IFunction{awslambda.Function_FromFunctionArn(stack, jsii.String("Orders"), &arn)}
}

// A dashboard whose region is not set may be deployed to another one.
func TestFunctionPerhapsElsewhereIsWarnedOf(t *testing.T) {
	stack := newStack(t)
	functions := imported(stack, "arn:aws:lambda:us-east-1:123456789012:function:orders")
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{Functions: functions})
	text := synth(t, stack).Text(t, "Stack.metadata.json")
	if want := "function Stack/Orders may be in another region than the dashboard, which then shows nothing of it: " +
		"set the region of the stack"; !strings.Contains(string(text), want) {
		t.Errorf("got %s, want %q", text, want)
	}
}

// The functions of other people's stacks: their log group is only known by name.
func TestImportedFunctions(t *testing.T) {
	stack := newStack(t)
	fn := awslambda.Function_FromFunctionName(stack, jsii.String("Imported"), jsii.String("orders"))
	functions := []awslambda.IFunction{fn}
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{Functions: functions,
		Name: "orders"})
	postinvokecdk.NewMetrics(stack, jsii.String("Metrics"), &postinvokecdk.MetricsProps{Functions: functions})
	for _, filter := range resources(t, stack, "AWS::Logs::MetricFilter") {
		got := jsonText(t, filter.Properties["LogGroupName"])
		if !strings.Contains(got, "/aws/lambda/") || !strings.Contains(got, ":function:orders") {
			t.Errorf("log group: got %s, want /aws/lambda/ and the function's name, orders", got)
		}
	}
	if n := len(resources(t, stack, "Custom::LogRetention")) + len(resources(t, stack, "AWS::Logs::LogGroup")); n != 0 {
		t.Errorf("got %d log groups, want none", n)
	}
	if got := resources(t, stack, "AWS::CloudWatch::Dashboard")[0].Properties["DashboardName"]; got != "orders" {
		t.Errorf("name of the dashboard: got %v, want orders", got)
	}
}

// An alias has no log: its function logs.
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
	if len(filters) != 6 {
		t.Errorf("got %d metric filters, want the 6 of one function", len(filters))
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
			postinvokecdk.NewMetrics(stack, jsii.String("Metrics"), &postinvokecdk.MetricsProps{
				Functions: []awslambda.IFunction{fn},
			})
			for _, filter := range resources(t, stack, "AWS::Logs::MetricFilter") {
				if got := strings.Join(filter.DependsOn, " "); !strings.Contains(got, test.want) {
					t.Errorf("the filter depends on %q, want %s", got, test.want)
				}
			}
		})
	}
}

// A function that sets no log group is shown too, and its
// stack gets none on the way.
func TestDashboardAddsNoLogGroup(t *testing.T) {
	stack := newStack(t)
	fn := plain(stack, "Plain", awslambda.Architecture_ARM_64())
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"),
		&postinvokecdk.DashboardProps{Functions: []awslambda.IFunction{fn}})
	if n := len(resources(t, stack, "Custom::LogRetention")) + len(resources(t, stack, "AWS::Logs::LogGroup")); n != 0 {
		t.Errorf("got %d log groups, want none", n)
	}
}

func vpcOf(stack awscdk.Stack) awsec2.IVpc {
	return awsec2.NewVpc(stack, jsii.String("Vpc"), &awsec2.VpcProps{
		MaxAzs: jsii.Number(1), NatGateways: jsii.Number(0),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{{Name: jsii.String("inner"),
			SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED}}})
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
