package cloudwatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/internal/cloudwatch"
	"example.com/postinvoke/internal/insights"
)

var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// deployed is a template with a function, what its metric filters match, and
// the widgets of its dashboard.
func deployed(t *testing.T, pattern, value, widgets string) *cloudwatch.Deployment {
	t.Helper()
	d, err := cloudwatch.Deploy([]byte(templateOf(pattern, value, widgets)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func templateOf(pattern, value, widgets string) string {
	return fmt.Sprintf(`{"Resources": {
		"Fn": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "orders", "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "g"}}},
		"Filter": {"Type": "AWS::Logs::MetricFilter", "Properties": {"FilterPattern": %q, "LogGroupName": "g", "MetricTransformations": [
			{"MetricNamespace": "N", "MetricName": "M", "MetricValue": %q, "Dimensions": [{"Key": "FunctionName", "Value": "$.function"}]}]}},
		"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "a", "Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 300,
			"Dimensions": [{"Name": "FunctionName", "Value": {"Ref": "Fn"}}], "Threshold": 2, "EvaluationPeriods": 1,
			"ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching"}},
		"Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": %q}}}}`,
		pattern, value, `{"start":"-PT1H","widgets":[`+widgets+`]}`)
}

// lines are log events a minute apart.
func lines(messages ...string) []cloudwatch.Line {
	var all []cloudwatch.Line
	for i, m := range messages {
		all = append(all, cloudwatch.Line{Function: "orders", Event: insights.Event{
			Time: now.Add(-10*time.Minute + time.Duration(i)*time.Minute), Account: cloudwatch.Account, Group: "g", Message: m,
		}})
	}
	return all
}

func view(t *testing.T, d *cloudwatch.Deployment, all []cloudwatch.Line) *cloudwatch.View {
	t.Helper()
	v, err := d.View(all, now.Add(-time.Hour), now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A metric filter counts what it matches if the record has its dimension, and
// the alarm goes on at its threshold.
func TestFiltersAndAlarms(t *testing.T) {
	const lost = `{"message":"lost","level":"ERROR","ms":1.5,"function":"orders"}`
	for name, test := range map[string]struct {
		pattern, value string
		messages       []string
		want           int // periods in alarm
	}{
		"below the threshold":       {`{ $.message = "lost" }`, "1", []string{lost}, 0},
		"at the threshold":          {`{ $.message = "lost" }`, "1", []string{lost, lost}, 1},
		"values of a field":         {`{ ($.message = "lost") && ($.ms >= 0) }`, "$.ms", []string{lost, lost}, 1},
		"field too small":           {`{ ($.message = "lost") && ($.ms >= 2) }`, "$.ms", []string{lost, lost}, 0},
		"field of another type":     {`{ ($.message = "lost") && ($.level >= 0) }`, "1", []string{lost, lost}, 0},
		"nested field":              {`{ $.a.b = "c" }`, "1", []string{`{"a":{"b":"c"},"function":"orders"}`, `{"a":{"b":"c"},"function":"orders"}`}, 1},
		"another message":           {`{ ($.message = "found") || ($.level = "WARN") }`, "1", []string{lost, lost}, 0},
		"one of two":                {`{ ($.message = "found") || ($.level = "ERROR") }`, "1", []string{lost, lost}, 1},
		"no dimension":              {`{ $.message = "lost" }`, "1", []string{`{"message":"lost"}`, `{"message":"lost"}`}, 0},
		"another function":          {`{ $.message = "lost" }`, "1", []string{`{"message":"lost","function":"b"}`, `{"message":"lost","function":"b"}`}, 0},
		"no JSON":                   {`{ $.message = "lost" }`, "1", []string{"lost", "lost"}, 0},
		"in different five minutes": {`{ $.message = "lost" }`, "1", []string{lost, "", "", "", "", lost}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := deployed(t, test.pattern, test.value, "")
			got, err := view(t, d, lines(test.messages...)).Breaches(d.Alarms[0])
			if err != nil || len(got) != test.want {
				t.Errorf("got %v, %v, want %d periods in alarm", got, err, test.want)
			}
		})
	}
}

// The invocations b and c begin in the second of two periods of five minutes.
const reports = `{"type":"platform.start","record":{"requestId":"a"}}
{"type":"platform.report","record":{"requestId":"a","status":"success","metrics":{"durationMs":100},"spans":[{"name":"extensionOverhead","durationMs":75}]}}



{"type":"platform.start","record":{"requestId":"b"}}
{"type":"platform.start","record":{"requestId":"c"}}
{"type":"platform.report","record":{"requestId":"b","status":"timeout","metrics":{"durationMs":300},"spans":[{"name":"extensionOverhead","durationMs":25}]}}`

func TestMetrics(t *testing.T) {
	metric := func(name, more string) string {
		return fmt.Sprintf(`["AWS/Lambda",%q,"FunctionName","orders",{%s}]`, name, more)
	}
	hidden := metric("Duration", `"id":"d","stat":"Sum","visible":false`) + "," + metric("PostRuntimeExtensionsDuration", `"id":"p","stat":"Sum","visible":false`)
	for _, test := range []struct{ metrics, more, want string }{
		{metric("Invocations", `"stat":"Sum"`), `"setPeriodToTimeRange":true`, "2"},
		{metric("Errors", `"stat":"Sum"`), `"setPeriodToTimeRange":true`, "1"},
		{metric("Throttles", `"stat":"Sum"`), `"setPeriodToTimeRange":true`, "0"},
		{metric("ConcurrentExecutions", `"stat":"Maximum"`), `"setPeriodToTimeRange":true`, "2"},
		{metric("Duration", `"stat":"Maximum"`), `"setPeriodToTimeRange":true`, "300"},
		{metric("Duration", `"stat":"SampleCount"`), `"setPeriodToTimeRange":true`, "2"},
		{hidden + `,[{"expression":"100 * p / d"}]`, `"setPeriodToTimeRange":true`, "25"},
		{hidden + `,[{"expression":"(d - p) / 3 + 1"}]`, `"setPeriodToTimeRange":true`, "101"},
		{hidden + `,[{"expression":"p / (d - d)"}]`, `"setPeriodToTimeRange":true`, "none"},
		{metric("Nothing", `"stat":"Sum"`), `"setPeriodToTimeRange":true`, "none"},
		{metric("Duration", `"stat":"Sum"`), `"setPeriodToTimeRange":false`, "300"}, // of the last period
	} {
		d := deployed(t, `{ $.a = 1 }`, "1", `{"type":"metric","x":0,"y":0,"width":6,"height":3,"properties":{"view":"singleValue","region":"r","metrics":[`+test.metrics+`],`+test.more+`}}`)
		drawn, err := view(t, d, lines(strings.Split(reports, "\n")...)).Draw(d.Dashboard.Widgets[0])
		if err != nil {
			t.Errorf("%s: %v", test.metrics, err)
			continue
		}
		got := "none"
		if points := drawn.Series[0].Points; len(points) > 0 {
			got = fmt.Sprint(points[0].Value)
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.metrics, got, test.want)
		}
	}
}

// Whatever is not known is an error.
func TestUnknown(t *testing.T) {
	widget := func(kind, properties string) string {
		return fmt.Sprintf(`{"type":%q,"x":0,"y":0,"width":6,"height":3,"properties":{%s}}`, kind, properties)
	}
	for _, test := range []struct{ pattern, value, widget, want string }{
		{`[ip, user]`, "1", "", "not understood"},
		{`{ $.a = "x*" }`, "1", "", "not understood"},
		{`{ $.a = "x" `, "1", "", "not understood"},
		{`{ $.a NOT EXISTS }`, "1", "", "not understood"},
		{`{ $.a != "x" }`, "1", "", "not understood"},
		{`{ $.a > 1 }`, "1", "", "not understood"},
		{`{ $.a = $.b }`, "1", "", "not understood"},
		{`{ a = 1 }`, "1", "", "not understood"},
		{`{ $.a = 1 }`, "one", "", `the value "one" of metric M`},
		{`{ $.a = 1 }`, "1", widget("log", `"region":"r","colour":"red"`), "unknown field"},
		{`{ $.a = 1 }`, "1", widget("log", `"view":"table"`), "no region"},
		{`{ $.a = 1 }`, "1", widget("log", `"region":"r","view":"table","query":"SOURCE 'g' | limit 1"`), "without display or stats"},
		{`{ $.a = 1 }`, "1", widget("log", `"region":"r","view":"timeSeries","query":"SOURCE 'g' | stats count(*) as n by x"`), "unknown view"},
		{`{ $.a = 1 }`, "1", widget("log", `"region":"r","view":"pie","query":"SOURCE 'g' | stats count(*) as n by x"`), "unknown view"},
		{`{ $.a = 1 }`, "1", widget("explorer", ``), "unknown type"},
		{`{ $.a = 1 }`, "1", widget("alarm", `"alarms":["arn:x"]`), "no alarm arn:x"},
		{`{ $.a = 1 }`, "1", widget("metric", `"region":"r","view":"singleValue","metrics":[["N","M","D"]]`), "were expected"},
		{`{ $.a = 1 }`, "1", widget("metric", `"region":"r","view":"singleValue","metrics":[["N","M",{"period":60}]]`), "unknown field"},
		{`{ $.a = 1 }`, "1", widget("metric", `"region":"r","view":"singleValue","metrics":[[{"expression":"SUM(METRICS())"}]]`), `unknown function "SUM"`},
		{`{ $.a = 1 }`, "1", widget("metric", `"region":"r","view":"singleValue","metrics":[[{"expression":"100 * a"}]]`), `unknown "a"`},
		{`{ $.a = 1 }`, "1", widget("metric", `"region":"r","view":"singleValue","metrics":[["N","M",{"stat":"p99"}]]`), `unknown statistic "p99"`},
		{`{ $.a = 1 }`, "1", widget("metric", `"region":"r","view":"singleValue","metrics":[["N","M"]]`), `unknown statistic ""`},
		{`{ $.a = 1 }`, "1", widget("text", ``) + "," + widget("text", ``), "overlap"},
		{`{ $.a = 1 }`, "1", strings.Replace(widget("text", ``), `"x":0`, `"x":20`, 1), "not on the grid"},
	} {
		d, err := cloudwatch.Deploy([]byte(templateOf(test.pattern, test.value, test.widget)))
		if err == nil {
			v := view(t, d, lines(reports))
			for _, w := range d.Dashboard.Widgets {
				if _, err = v.Draw(w); err != nil {
					break
				}
			}
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: got %v, want %q", test.pattern, test.widget, err, test.want)
		}
	}
	for _, value := range []string{`{"Fn::GetAtt":["Fn","Name"]}`, `{"Fn::Select":[2,{"Fn::Split":[":","a:b"]}]}`, `{"Ref":"Gone"}`, `{"Fn::Sub":"x"}`, `{"Fn::If":["Never","a","b"]}`} {
		text := strings.Replace(templateOf(`{ $.a = 1 }`, "1", ""), `"AlarmName": "a"`, `"AlarmName": `+value, 1)
		if _, err := cloudwatch.Deploy([]byte(text)); err == nil {
			t.Errorf("%s was resolved", value)
		}
	}
}

// References become what CloudFormation makes of them.
func TestReferences(t *testing.T) {
	for value, want := range map[string]string{
		`{"Ref":"Fn"}`: "orders",
		`{"Fn::Join":["-",["a",{"Ref":"AWS::Region"}]]}`:                                     "a-" + cloudwatch.Region,
		`{"Fn::Select":[5,{"Fn::Split":[":",{"Fn::GetAtt":["Fn","Arn"]}]}]}`:                 "function",
		`{"Fn::Select":[1,{"Fn::Split":[":",{"Fn::Join":["",["arn:",{"Ref":"Filter"}]]}]}]}`: cloudwatch.StackName + "-Filter-",
	} {
		text := strings.Replace(templateOf(`{ $.a = 1 }`, "1", ""), `"AlarmName": "a"`, `"AlarmName": `+value, 1)
		if d, err := cloudwatch.Deploy([]byte(text)); err != nil || !strings.HasPrefix(d.Alarms[0].AlarmName, want) {
			t.Errorf("%s: got %+v, %v, want %s", value, d, err, want)
		}
	}
}
