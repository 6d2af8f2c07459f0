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
		"Fn": {"Type": "AWS::Lambda::Function", "Properties": {
			"FunctionName": "orders", "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "g"}}},
		"Filter": {"Type": "AWS::Logs::MetricFilter", "Properties": {
			"FilterPattern": %q, "LogGroupName": "g", "MetricTransformations": [{
				"MetricNamespace": "N", "MetricName": "M", "MetricValue": %q,
				"Dimensions": [{"Key": "FunctionName", "Value": "$.function"}]}]}},
		"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {
			"AlarmName": "a", "Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 300,
			"Dimensions": [{"Name": "FunctionName", "Value": {"Ref": "Fn"}}], "Threshold": 2, "EvaluationPeriods": 1,
			"ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching"}},
		"Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": %q}}}}`,
		pattern, value, `{"start":"-PT1H","widgets":[`+widgets+`]}`)
}

// widget is one of a dashboard, in its upper left corner.
func widget(kind, properties string) string {
	return fmt.Sprintf(`{"type":%q,"x":0,"y":0,"width":6,"height":3,"properties":{%s}}`, kind, properties)
}

func numbers(metrics, more string) string {
	return widget("metric", `"view":"singleValue","region":"r","metrics":[`+metrics+`]`+more)
}

// lines are log events a minute apart.
func lines(messages ...string) []cloudwatch.Line {
	var all []cloudwatch.Line
	for i, m := range messages {
		at := now.Add(time.Duration(i-10) * time.Minute)
		event := insights.Event{Time: at, Account: cloudwatch.Account, Group: "g", Message: m}
		all = append(all, cloudwatch.Line{Function: "orders", Event: event})
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
// the alarm turns on at its threshold.
func TestFiltersAndAlarms(t *testing.T) {
	const lost = `{"message":"lost","level":"ERROR","ms":1.5,"function":"orders","a":{"b":"c"}}`
	const another = `{"message":"lost","function":"another"}`
	const anonymous = `{"message":"lost"}`
	const isLost = `{ $.message = "lost" }`
	for name, test := range map[string]struct {
		pattern, value string
		messages       []string
		want           int // periods in alarm
	}{
		"below the threshold":       {isLost, "1", []string{lost}, 0},
		"at the threshold":          {isLost, "1", []string{lost, lost}, 1},
		"values of a field":         {`{ ($.message = "lost") && ($.ms >= 0) }`, "$.ms", []string{lost, lost}, 1},
		"field too small":           {`{ ($.message = "lost") && ($.ms >= 2) }`, "$.ms", []string{lost, lost}, 0},
		"field of another type":     {`{ ($.message = "lost") && ($.level >= 0) }`, "1", []string{lost, lost}, 0},
		"nested field":              {`{ $.a.b = "c" }`, "1", []string{lost, lost}, 1},
		"another message":           {`{ ($.message = "found") || ($.level = "WARN") }`, "1", []string{lost, lost}, 0},
		"one of two":                {`{ ($.message = "found") || ($.level = "ERROR") }`, "1", []string{lost, lost}, 1},
		"no dimension":              {isLost, "1", []string{anonymous, anonymous}, 0},
		"another function":          {isLost, "1", []string{another, another}, 0},
		"no JSON":                   {isLost, "1", []string{"lost", "lost"}, 0},
		"in different five minutes": {isLost, "1", []string{lost, "", "", "", "", lost}, 0},
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

// reports are of three invocations: b and c begin in the second of two periods of
// five minutes.
var reports = []string{
	start("a"), report("a", "success", 100, 75), "", "", "", start("b"), start("c"), report("b", "timeout", 300, 25),
}

func start(id string) string {
	return fmt.Sprintf(`{"type":"platform.start","record":{"requestId":%q}}`, id)
}

func report(id, status string, duration, after int) string {
	return fmt.Sprintf(`{"type":"platform.report","record":{"requestId":%q,"status":%q,"metrics":{"durationMs":%d},`+
		`"spans":[{"name":"extensionOverhead","durationMs":%d}]}}`, id, status, duration, after)
}

func TestMetrics(t *testing.T) {
	metric := func(name, options string) string {
		return fmt.Sprintf(`["AWS/Lambda",%q,"FunctionName","orders",{%s}]`, name, options)
	}
	const all, last = `,"setPeriodToTimeRange":true`, ``
	d := metric("Duration", `"id":"d","stat":"Sum","visible":false`)
	p := metric("PostRuntimeExtensionsDuration", `"id":"p","stat":"Sum","visible":false`)
	for _, test := range []struct{ metrics, period, want string }{
		{metric("Invocations", `"stat":"Sum"`), all, "2"},
		{metric("Errors", `"stat":"Sum"`), all, "1"},
		{metric("Throttles", `"stat":"Sum"`), all, "0"},
		{metric("ConcurrentExecutions", `"stat":"Maximum"`), all, "2"},
		{metric("Duration", `"stat":"Maximum"`), all, "300"},
		{metric("Duration", `"stat":"SampleCount"`), all, "2"},
		{d + "," + p + `,[{"expression":"100 * p / d"}]`, all, "25"},
		{d + "," + p + `,[{"expression":"(d - p) / 3 + 1"}]`, all, "101"},
		{d + "," + p + `,[{"expression":"p / (d - d)"}]`, all, "none"},
		{metric("Nothing", `"stat":"Sum"`), all, "none"},
		{metric("Duration", `"stat":"Sum"`), last, "300"},
	} {
		d := deployed(t, `{ $.a = 1 }`, "1", numbers(test.metrics, test.period))
		drawn, err := view(t, d, lines(reports...)).Draw(d.Dashboard.Widgets[0])
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

// What is not evaluated is an error, and never a wrong result.
func TestUnknown(t *testing.T) {
	fails := func(text, want string) {
		t.Helper()
		d, err := cloudwatch.Deploy([]byte(text))
		if err == nil {
			v := view(t, d, lines(reports...))
			for _, w := range d.Dashboard.Widgets {
				if _, err = v.Draw(w); err != nil {
					break
				}
			}
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v, want %q", text, err, want)
		}
	}
	for _, pattern := range []string{
		`[ip, user]`, `{ $.a = "x*" }`, `{ $.a = "x" `, `{ $.a NOT EXISTS }`, `{ $.a != "x" }`, `{ $.a > 1 }`,
		`{ $.a = $.b }`,
		`{ a = 1 }`, `{ $.a like "x" }`, `{ $.a + 1 }`, `{ $.a }`, `{ ($.a = 1) = 1 }`,
	} {
		fails(templateOf(pattern, "1", ""), "not understood")
	}
	fails(templateOf(`{ $.a = 1 }`, "one", ""), `the value "one" of metric M`)
	log := func(view, query string) string {
		return widget("log", fmt.Sprintf(`"region":"r","view":%q,"query":"SOURCE 'g' | %s"`, view, query))
	}
	for widgets, want := range map[string]string{
		widget("log", `"region":"r","colour":"red"`):              "unknown field",
		log("table", "limit 1"):                                   "without display or stats",
		log("timeSeries", "stats count(*) as n by x"):             "unknown view",
		log("table", "stats pct(a, 99) as p by x"):                `unknown function "pct"`,
		widget("alarm", `"alarms":[],"states":["OK"]`):            "unknown selection of states",
		widget("explorer", ``):                                    "unknown type",
		widget("alarm", `"alarms":["arn:x"]`):                     "no alarm arn:x",
		numbers(`["N","M","D"]`, ""):                              "were expected",
		numbers(`["N","M",{"period":60}]`, ""):                    "unknown field",
		numbers(`[{"expression":"SUM(METRICS())"}]`, ""):          `unknown function "SUM"`,
		numbers(`[{"expression":"100 * a"}]`, ""):                 `unknown "a"`,
		numbers(`[{"expression":"100 % 3"}]`, ""):                 `got "%"`,
		numbers(`["N","M",{"stat":"p99"}]`, ""):                   `unknown statistic "p99"`,
		numbers(`["N","M"]`, ""):                                  `unknown statistic ""`,
		numbers(`["N","M",{"stat":"Sum"}]`, `,"period":60`):       "unknown field",
		strings.Replace(numbers("", ""), "singleValue", "pie", 1): `unknown view "pie"`,
	} {
		fails(templateOf(`{ $.a = 1 }`, "1", widgets), want)
	}
	for _, name := range []string{
		`{"Ref":"Gone"}`, `{"Fn::Sub":"x"}`, `{"Fn::If":["Never","a","b"]}`, `{"Fn::GetAtt":["Fn","Name"]}`,
		`{"Fn::Select":[2,{"Fn::Split":[":","a:b"]}]}`,
	} {
		text := templateOf(`{ $.a = 1 }`, "1", "")
		fails(strings.Replace(text, `"AlarmName": "a"`, `"AlarmName": `+name, 1), "resource Alarm")
	}
}

// References become what CloudFormation makes of them.
func TestReferences(t *testing.T) {
	for value, want := range map[string]string{
		`{"Ref":"Fn"}`: "orders",
		`{"Fn::Join":["-",["a",{"Ref":"AWS::Region"}]]}`:                     "a-" + cloudwatch.Region,
		`{"Fn::Select":[5,{"Fn::Split":[":",{"Fn::GetAtt":["Fn","Arn"]}]}]}`: "function",
		`{"Ref":"Filter"}`: cloudwatch.StackName + "-Filter-",
	} {
		text := strings.Replace(templateOf(`{ $.a = 1 }`, "1", ""), `"AlarmName": "a"`, `"AlarmName": `+value, 1)
		if d, err := cloudwatch.Deploy([]byte(text)); err != nil || !strings.HasPrefix(d.Alarms[0].AlarmName, want) {
			t.Errorf("%s: got %+v, %v, want %s", value, d, err, want)
		}
	}
}
