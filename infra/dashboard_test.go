package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/postinvokecdk"
	"example.com/postinvoke/record"
)

// A body is that of a dashboard, as CloudWatch is given it.
type body struct {
	Start   string
	Widgets []struct {
		Type                string
		X, Y, Width, Height int
		Properties          struct {
			Region, Title, View, Query, Markdown string
			Metrics                              [][]any
		}
	}
	Variables []struct {
		Type, InputType, Pattern, DefaultValue string
		Values                                 []struct{ Label, Value string }
	}
}

// dashboardOf reads the only dashboard of a template. References are replaced
// by their names, as a deployment would by values.
func dashboardOf(t *testing.T, tp template) body {
	t.Helper()
	dashboards := tp.ofType("AWS::CloudWatch::Dashboard")
	if len(dashboards) != 1 {
		t.Fatalf("got %d dashboards, want 1", len(dashboards))
	}
	text := joined(t, dashboards[0].Properties["DashboardBody"])
	var b body
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatalf("the dashboard is not JSON: %v\n%s", err, text)
	}
	return b
}

func joined(t *testing.T, v any) string {
	t.Helper()
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if name, ok := v["Ref"].(string); ok {
			return name
		}
		if parts, ok := at(v, "Fn::Join", 1).([]any); ok {
			var b strings.Builder
			for _, part := range parts {
				b.WriteString(joined(t, part))
			}
			return b.String()
		}
	}
	t.Fatalf("what does this become when it is deployed: %v", v)
	return ""
}

func TestDashboardBody(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5} {
		t.Run(fmt.Sprint(n, " functions"), func(t *testing.T) {
			app := newApp(t, nil)
			stack := awscdk.NewStack(app, jsii.String("Stack"), nil)
			var functions []awslambda.IFunction
			for i := range n {
				functions = append(functions, postinvokecdk.NewFunction(stack, jsii.String(fmt.Sprint("F", i)), &postinvokecdk.FunctionProps{Entry: "function"}))
			}
			postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{Functions: functions})
			b := dashboardOf(t, synth(t, app).template(t, "Stack"))
			if b.Start != "-PT3H" {
				t.Errorf("start: got %q, want -PT3H", b.Start)
			}
			checkLayout(t, b)

			kinds := map[string]int{}
			for _, w := range b.Widgets {
				kinds[w.Type]++
				if w.Type != "text" && (w.Properties.Region == "" || w.Properties.Title == "") {
					t.Errorf("widget %q has region %q", w.Properties.Title, w.Properties.Region)
				}
				if w.Type == "metric" && len(w.Properties.Metrics) != 4 {
					t.Errorf("widget %q: got %d metrics, want two with p50 and p99 each", w.Properties.Title, len(w.Properties.Metrics))
				}
			}
			if kinds["text"] != 1 || kinds["metric"] != n || kinds["log"] != n+5 {
				t.Errorf("widgets: got %v, want 1 text, %d metric, %d log", kinds, n, n+5)
			}
		})
	}
}

// checkLayout: nothing overlaps or sticks out of the grid of 24 columns.
func checkLayout(t *testing.T, b body) {
	t.Helper()
	for i, w := range b.Widgets {
		if w.Width < 1 || w.Height < 1 || w.X < 0 || w.Y < 0 || w.X+w.Width > 24 {
			t.Errorf("widget %q sticks out: x %d, width %d", w.Properties.Title, w.X, w.Width)
		}
		for _, o := range b.Widgets[:i] {
			if w.X < o.X+o.Width && o.X < w.X+w.Width && w.Y < o.Y+o.Height && o.Y < w.Y+w.Height {
				t.Errorf("widgets %q and %q overlap", w.Properties.Title, o.Properties.Title)
			}
		}
	}
}

// The demo's dashboard: one screen, from what callers waited for to the log.
func TestDashboardOrder(t *testing.T) {
	b := dashboardOf(t, demo(t).template(t, "PostInvokeDemo"))
	var got []string
	bottom := 0
	for _, w := range b.Widgets {
		got = append(got, w.Properties.Title)
		bottom = max(bottom, w.Y+w.Height)
	}
	want := []string{
		"",
		"Billed, and after the response: arm64", "Billed, and after the response: x86_64",
		"Response and hooks, ms: arm64", "Response and hooks, ms: x86_64",
		"The last invocations with hooks",
		"Shutdowns (times in ms)", "Shutdown hooks and their budget, ms",
		"Hooks that failed or were abandoned", "The log, oldest first",
	}
	if !slices.Equal(got, want) {
		t.Errorf("titles: got %q, want %q", got, want)
	}
	if bottom > 26 {
		t.Errorf("the dashboard is %d rows high: more than a screen", bottom)
	}
	if text := b.Widgets[0].Properties.Markdown; !strings.Contains(text, "How to read") || !strings.Contains(text, "What costs") || !strings.Contains(text, "plus the cold start") {
		t.Errorf("the text does not say how to read the dashboard and what costs: %q", text)
	}
}

// The choice of a function replaces a text wherever it stands. It must stand in
// every query on several functions, nowhere else, and mean all of them as it is.
func TestDashboardVariable(t *testing.T) {
	b := dashboardOf(t, demo(t).template(t, "PostInvokeDemo"))
	if len(b.Variables) != 1 {
		t.Fatalf("got %d variables, want 1", len(b.Variables))
	}
	v := b.Variables[0]
	if v.Type != "pattern" || v.Pattern != "AWS::AccountId:" || v.DefaultValue != v.Pattern || len(v.Values) != 3 {
		t.Errorf("variable: got %+v", v)
	}
	for _, w := range b.Widgets {
		severalFunctions := strings.Count(w.Properties.Query, "SOURCE") > 1
		text, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), v.Pattern); n != map[bool]int{true: 1}[severalFunctions] {
			t.Errorf("widget %q: the pattern stands in it %d times", w.Properties.Title, n)
		}
	}
	for _, value := range v.Values {
		if !strings.HasPrefix(value.Value, v.Pattern) {
			t.Errorf("value %q of %s: not the beginning of an @log", value.Value, value.Label)
		}
	}
}

// A choice shows one function's records and not those of another whose log
// group begins with the same name.
func TestDashboardVariableIsExact(t *testing.T) {
	stack := awscdk.NewStack(newApp(t, nil), jsii.String("Stack"), nil)
	names := []string{"/aws/lambda/orders", "/aws/lambda/orders-v2"}
	var functions []awslambda.IFunction
	for i, name := range names {
		id := jsii.String(fmt.Sprint("F", i))
		group := awslogs.LogGroup_FromLogGroupName(stack, jsii.String(*id+"Logs"), &name)
		functions = append(functions, postinvokecdk.NewFunction(stack, id, &postinvokecdk.FunctionProps{
			Entry: "function", FunctionProps: awslambda.FunctionProps{LogGroup: group},
		}))
	}
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{Functions: functions})
	b := dashboardOf(t, synth(t, stack.Node().Root().(awscdk.App)).template(t, "Stack"))

	values := b.Variables[0].Values
	want := [][]string{names, names[:1], names[1:]} // all, then each
	if len(values) != len(want) {
		t.Fatalf("got choices %v, want %d", values, len(want))
	}
	for i, value := range values {
		var got []string
		for _, name := range names {
			// As the filter below does.
			if strings.Contains("AWS::AccountId:"+name+":", value.Value) {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, want[i]) {
			t.Errorf("choice %s, %q: got records of %q, want %q", value.Label, value.Value, got, want[i])
		}
	}
	const filter = `filter concat(@log, ":") like "AWS::AccountId:"`
	for _, w := range b.Widgets {
		if strings.Count(w.Properties.Query, "SOURCE") > 1 && !strings.Contains(w.Properties.Query, filter) {
			t.Errorf("%s: got %s, want %s in it", w.Properties.Title, w.Properties.Query, filter)
		}
	}
}

// Every query of the dashboard against what the deployed programs really log.
func TestQueriesFitTheRecords(t *testing.T) {
	known := allRecords(t)
	for _, w := range dashboardOf(t, demo(t).template(t, "PostInvokeDemo")).Widgets {
		if w.Type != "log" {
			continue
		}
		for _, mistake := range check(w.Properties.Query, w.Properties.View, known) {
			t.Errorf("%s: %s\n\t%s", w.Properties.Title, mistake, w.Properties.Query)
		}
	}
}

// A control: what the test above would find.
func TestQueryMistakesAreFound(t *testing.T) {
	known := records{{"message": "done", "hooksMs": 1.5, "requestId": "r"}, {"message": "other", "lateMs": 2.0, "record.requestId": "r"}}
	for _, test := range []struct{ query, view, want string }{
		{`SOURCE 'g' | filter message in ["done"] | stats max(hooksMs) as most by bin(5m)`, "timeSeries", ""},
		{`SOURCE 'g' | SOURCE 'h' | parse @log "*:*" as account, logGroup | sort @timestamp asc | limit 5 | display logGroup, record.requestId`, "table", ""},
		{`SOURCE 'g' | filter message in ["done"] | stats max(hookMs) as most by bin(5m)`, "timeSeries", `no record has the field "hookMs"`},
		{`SOURCE 'g' | filter message in ["done"] | display lateMs`, "table", `no record has the field "lateMs"`},
		{`SOURCE 'g' | filter message in ["dome"]`, "table", `no record has the message "dome"`},
		{`SOURCE 'g' | stats max(hooksMs) by bin(5m), requestId`, "timeSeries", "a chart over time needs stats … by bin() alone"},
		{`SOURCE 'g' | display hooksMs`, "timeSeries", "a chart over time needs stats … by bin() alone"},
		{`SOURCE 'g' | sort @timestamp asc | stats max(hooksMs) as most by bin(5m)`, "table", "sort before stats"},
		{`SOURCE 'g' | limit 9 | stats max(hooksMs) as most by bin(5m)`, "table", "limit before stats"},
		{`SOURCE 'g' | stats max(hooksMs) as a by requestId | stats max(a) as b by requestId | stats max(b) as c`, "table", "3 stats: at most two are allowed"},
		{`SOURCE 'g' | stats max(hooksMs) as most by requestId | sort hooksMs desc`, "table", `no record has the field "hooksMs"`},
		{`SOURCE 'g' | fields hooksMs as took_ms`, "table", `"took_ms" needs backticks`},
		{`SOURCE 'g' | stats max(hooksMs) as most by bin(90m)`, "timeSeries", "bin(90m): not a period that CloudWatch has"},
		{`SOURCE 'g' | stats median(hooksMs) as m by bin(5m)`, "timeSeries", `unknown function "median"`},
		{`SOURCE 'g' | select hooksMs`, "table", `unknown command "select"`},
		{`SOURCE 'g' | filter concat(@log, ":") like "1:" | fields coalesce(hooksMs, (lateMs)) as took`, "table", ""},
		{`SOURCE 'g' | filter message = "dome"`, "table", `a filter on message other than message in ["…"]`},
		{`SOURCE 'g' | filter hooksMs > 1 and message in ["done"]`, "table", `a filter on message other than message in ["…"]`},
		{`SOURCE 'g' | filter message in []`, "table", `a filter on message other than message in ["…"]`},
		{`SOURCE 'g' | stats max((hooksMs) as most by bin(5m)`, "timeSeries", "brackets that do not match"},
		{`SOURCE 'g' | stats max(hooksMs)) as most by bin(5m)`, "timeSeries", "brackets that do not match"},
		{`SOURCE 'g' | filter hooksMs in [1`, "table", "brackets that do not match"},
		{`SOURCE 'g' | stats pct(hooksMs) as p by bin(5m)`, "timeSeries", "pct: 1 arguments"},
		{`SOURCE 'g' | stats max(hooksMs, lateMs) as most by bin(5m)`, "timeSeries", "max: 2 arguments"},
		{`SOURCE 'g' | stats max() as most by bin(5m)`, "timeSeries", "max: 0 arguments"},
		{`filter hooksMs > 1`, "table", "no SOURCE: which log groups?"},
	} {
		got := strings.Join(check(test.query, test.view, known), "; ")
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s\n\tgot %q, want %q", test.query, got, test.want)
		}
	}
}
