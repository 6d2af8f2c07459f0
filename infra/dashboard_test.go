package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/cdktest"
	"example.com/postinvoke/infra/postinvokecdk"
	"example.com/postinvoke/internal/cloudwatch"
	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
)

const (
	problems    = "What went wrong with hooks"
	failures    = "Failed invocations"
	invocations = "The last 50 invocations"
	ends        = "Ends of environments"
	theLog      = "The log, newest 100"
)

// dashboardOf synthesises a dashboard of n functions.
func dashboardOf(t *testing.T, n int) *cloudwatch.Deployment {
	t.Helper()
	app := newApp(t, nil)
	stack := awscdk.NewStack(app, jsii.String("Stack"), nil)
	var functions []awslambda.IFunction
	for i := range n {
		id := fmt.Sprint("F", i)
		functions = append(functions, awslambda.Function_FromFunctionName(stack, &id, &id))
	}
	dashboard := postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"),
		&postinvokecdk.DashboardProps{Functions: functions})
	postinvokecdk.NewMetrics(stack, jsii.String("Metrics"), &postinvokecdk.MetricsProps{
		Functions: functions, Alarms: true, Dashboard: dashboard,
	})
	return deployment(t, cdktest.Synth(t, app), "Stack")
}

// titles are those of a dashboard with the rows in which its widgets begin.
func titles(b *cloudwatch.Body) []string {
	var all []string
	for _, w := range b.Widgets {
		all = append(all, fmt.Sprintf("%d %s", w.Y, w.Properties.Title))
	}
	return all
}

// What a person on call wants, in this order. The first screen, some 16 units of
// 50 pixels at 1440×900, has what went wrong on it.
func TestDashboardOrder(t *testing.T) {
	tables := []string{problems, failures, invocations, ends, theLog}
	for n, want := range map[int][]string{
		1: {"0 ", "1 Alarms", "3 F0", "6 Time of an average invocation: F0", "6 Invocations, errors: F0"},
		2: {"0 ", "1 Alarms", "3 F0", "3 F1", "6 Time of an average invocation: F0", "6 Invocations, errors: F0",
			"6 Time of an average invocation: F1", "6 Invocations, errors: F1"},
		12: {"0 ", "1 In alarm, of 48", "3 F0", "3 F1", "3 F2", "3 F3", "5 F4", "5 F5", "5 F6", "5 F7", "7 F8", "7 F9",
			"7 F10", "7 F11",
			"9 Response, average ms (callers wait)", "9 After it, average ms (hooks)", "9 Errors and throttled",
			"9 Longest invocation, % of the timeout"},
	} {
		d := dashboardOf(t, n)
		got := titles(d.Dashboard)
		if len(got) != len(want)+len(tables) || !slices.Equal(got[:len(want)], want) {
			t.Errorf("%d functions: got %q, want %q and five tables", n, got, want)
			continue
		}
		for i, w := range d.Dashboard.Widgets[len(want):] {
			if !strings.HasPrefix(w.Properties.Title, tables[i]) || w.Properties.View != "table" {
				t.Errorf("%d functions: got %s %q, want table %q", n, w.Properties.View, w.Properties.Title, tables[i])
			}
			if i == 0 && w.Y+2 > 16 {
				t.Errorf("%d functions: %q begins in row %d, below the first screen", n, w.Properties.Title, w.Y)
			}
		}
	}
}

// longestMs is the duration of the longest invocation.
func longestMs(t *testing.T, lines []cloudwatch.Line) (longest float64) {
	t.Helper()
	for _, line := range lines {
		var report struct {
			Record struct{ Metrics struct{ DurationMs float64 } }
		}
		if strings.Contains(line.Message, `"platform.report"`) {
			if err := json.Unmarshal([]byte(line.Message), &report); err != nil {
				t.Fatal(err)
			}
			longest = max(longest, report.Record.Metrics.DurationMs)
		}
	}
	return longest
}

// All that the dashboard shows of a function without problems: the deployed files
// in the local environment.
func TestHealthyFunctionOnTheDashboard(t *testing.T) {
	d := deployment(t, measured(t), "PostInvokeDemo")
	lines := linesOf(t, d, session{}, session{})
	v := viewOf(t, d, lines)
	for _, title := range []string{problems, failures} {
		if got := draw(t, d, v, title).Log; len(got.Rows) != 0 {
			t.Errorf("%s: got %v, want nothing", title, got.Rows)
		}
	}
	for _, a := range d.Alarms {
		if breaches, err := v.Breaches(a); err != nil || len(breaches) != 0 {
			t.Errorf("alarm %s: got %v, %v, want none", a.Name, breaches, err)
		}
	}
	// Every field that the queries about these records name is in them.
	for _, title := range []string{invocations, ends, theLog} {
		// These are in records of hooks that were lost, which have separate tests.
		allowed := []string{"running", "notStarted"}
		for _, field := range draw(t, d, v, title).Log.Absent {
			if !slices.Contains(allowed, field) {
				t.Errorf("%s: no record has the field %q", title, field)
			}
		}
	}

	arch := []string{"arm64", "x86_64"}[native()]
	numbers := map[string]float64{}
	for _, s := range draw(t, d, v, arch).Series {
		for _, p := range s.Points {
			numbers[s.Label] = p.Value
		}
	}
	if numbers["invocations"] != 4 || numbers["errors"] != 0 || numbers["throttled"] != 0 || numbers["at once"] != 1 {
		t.Errorf("numbers: got %v, want 4 invocations, one at once", numbers)
	}
	if share := numbers["% after response"]; share <= 0 || share >= 100 {
		t.Errorf("numbers: got %v %% after the response", share)
	}
	const timeoutMs = 30_000
	if got, want := numbers["longest, % of timeout"], 100*longestMs(t, lines)/timeoutMs; math.Abs(got-want) > want/100 {
		t.Errorf("numbers: got a longest invocation of %v %% of the timeout, want %v", got, want)
	}

	rows := draw(t, d, v, invocations).Log
	cold := 0
	for i, row := range rows.Rows {
		if row["init"] != nil {
			cold++
		}
		hookTime, _ := row["hookTime"].(float64)
		billed, _ := row["billed"].(float64)
		if rows.Cell(i, "Function") != arch || row["status"] != "success" || row["handler"] != "ok" ||
			row["hookCount"] != 2.0 ||
			row["failed"] != 0.0 || row["unfinished"] != 0.0 || row["lost"] != nil ||
			hookTime < 1 || billed < hookTime ||
			row["MB"] == nil || row["request"] == nil {
			t.Errorf("invocation: got %v", row)
		}
	}
	if len(rows.Rows) != 4 || cold != 2 {
		t.Errorf("invocations: got %d rows, %d with an init, want 4 and 2", len(rows.Rows), cold)
	}

	ended := draw(t, d, v, ends).Log
	byWhat := map[any]map[string]any{}
	for _, row := range ended.Rows {
		all := map[string]any{}
		for k, value := range row {
			all[k] = value
		}
		byWhat[row["what"]] = all
	}
	if row := byWhat["spindown"]; row["times"] != 2.0 || row["served"] != 4.0 || row["hookCount"] != 8.0 ||
		row["awake"] == nil || row["idle"] == nil || row["lifetime"] == nil {
		t.Errorf("ends: got %v, want two of environments that served 4", row)
	}
	if row := byWhat["shutdown hooks finished"]; row["times"] != 2.0 || row["budget"] == nil ||
		row["budget"].(float64) >= 100 {
		t.Errorf("shutdown hooks: got %v, want two in some percent of their budget", row)
	}

	events := draw(t, d, v, theLog).Log
	printed := false
	for i := range events.Rows {
		printed = printed || events.Cell(i, "event") == "second on complete" // which Lambda wraps
		if i > 0 && events.Cell(i, "@timestamp") > events.Cell(i-1, "@timestamp") {
			t.Error("the log is not newest first")
		}
	}
	if !printed {
		t.Errorf("the log does not show what the function printed: %v", events.Rows)
	}
}

// Each way to fail or lose a hook is in the table of what went wrong, and raises
// an alarm. Each is one environment in which real processes fail.
func TestEachFaultIsOnTheDashboard(t *testing.T) {
	d := deployment(t, measured(t), "PostInvokeDemo")
	withoutLayer := func(c *lambdaenv.Config) { c.Extensions = nil }
	unregistered := func(c *lambdaenv.Config) {
		c.Extensions, c.Refuse = nil, map[string]int{"register": http.StatusForbidden}
	}
	// The other faults have the timeout of the template: a machine may be busy.
	timesOut := func(c *lambdaenv.Config) { c.Timeout = 1500 * time.Millisecond }
	refused := func(c *lambdaenv.Config) { c.Refuse = map[string]int{"next": http.StatusForbidden} }
	var all []cloudwatch.Line
	for name, test := range map[string]struct {
		session session
		what    string // in the table of what went wrong; empty for nothing
		alarm   string
		failed  string // in the table of failed invocations
	}{
		"hook returns an error": {session{events: []string{trouble("hook fails")}}, "hook failed", "HooksFailed", ""},
		"hook panics":           {session{events: []string{trouble("hook panics")}}, "hook failed", "HooksFailed", ""},
		"hook overruns": {session{timesOut, []string{trouble("hook overruns"), `{"handlerMs": 200}`}, false},
			"hook abandoned", "HooksUndone", ""},
		"hook is refused": {session{events: []string{trouble(""), trouble("too late")}}, "hook refused",
			"HooksUndone", ""},
		"handler exits": {session{events: []string{trouble("exit")}}, "hooks lost", "HooksLost", "error"},
		"hook exits": {session{events: []string{trouble("hook exits")}}, "hooks lost", "HooksLost",
			"error"},
		"hook is killed": {session{events: []string{trouble("hook is killed")}}, "hooks lost", "HooksLost",
			"error"},
		"hook takes all memory": {session{events: []string{trouble("hook takes all memory")}}, "hooks lost",
			"HooksLost", "error"},
		"goroutine panics": {session{events: []string{trouble("goroutine panics")}}, "hooks lost", "HooksLost",
			"error"},
		"response is refused": {session{events: []string{trouble("too much")}}, "hooks lost", "HooksLost", "error"},
		"handler times out": {session{timesOut, []string{trouble("timeout")}, false}, "hook abandoned", "HooksUndone",
			"timeout"},
		"handler returns an error": {session{events: []string{trouble("error")}}, "", "", "error"},
		"nothing keeps it awake": {session{config: unregistered, events: []string{trouble("")}},
			"ready", "SetupProblems", ""},
		"library is refused": {session{func(c *lambdaenv.Config) { withoutLayer(c); refused(c) },
			[]string{trouble("")}, true}, "library problem", "SetupProblems", ""},
		"extension is refused": {session{refused, []string{trouble("")}, true},
			"extension problem", "SetupProblems", ""},
		"handler exits, without layer": {session{config: withoutLayer, events: []string{trouble("exit")}},
			"", "", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := linesOf(t, d, test.session)
			all = append(all, lines...)
			v := viewOf(t, d, lines)
			var got []string
			found := draw(t, d, v, problems).Log
			for i := range found.Rows {
				got = append(got, found.Cell(i, "what"))
				incomplete := found.Cell(i, "why") == "" || found.Cell(i, "Function") == ""
				if found.Cell(i, "level") == "ERROR" && incomplete {
					t.Errorf("got %v, want its reason and function", found.Rows[i])
				}
			}
			if test.what == "" && len(got) > 0 || test.what != "" && !slices.Contains(got, test.what) {
				t.Errorf("what went wrong: got %q, want %q", got, test.what)
			}

			got = nil
			for _, a := range d.Alarms {
				breaches, err := v.Breaches(a)
				if err != nil {
					t.Fatal(err)
				}
				if len(breaches) > 0 {
					got = append(got, a.Name[strings.LastIndex(a.Name, "-")+1:])
				}
			}
			if test.alarm == "" && len(got) > 0 || test.alarm != "" && !slices.Contains(got, test.alarm) {
				t.Errorf("alarms: got %q, want %q", got, test.alarm)
			}

			failed := draw(t, d, v, failures).Log
			status := ""
			if len(failed.Rows) > 0 {
				status = failed.Cell(0, "status")
			}
			// Whether there is an invocation to fail depends on who is faster.
			if status != test.failed && !test.session.fails {
				t.Errorf("failed invocations: got %q, want %q", status, test.failed)
			}
		})
	}

	// Every field that the queries name is in one of the records.
	v := viewOf(t, d, all)
	for _, title := range []string{problems, failures, invocations, ends} {
		if absent := draw(t, d, v, title).Log.Absent; len(absent) > 0 {
			t.Errorf("%s: no record has the fields %q", title, absent)
		}
	}
}

// Ends in one log stream within a minute are all counted.
func TestEachEndIsCounted(t *testing.T) {
	d := deployment(t, measured(t), "PostInvokeDemo")
	v := viewOf(t, d, linesOf(t, d, session{events: []string{trouble("exit"), trouble("exit"), trouble("exit")}}))
	found := draw(t, d, v, ends).Log
	times := map[string]string{}
	for i := range found.Rows {
		times[found.Cell(i, "what")] = found.Cell(i, "times")
	}
	if times["failure"] != "3" {
		t.Errorf("ends: got %v, want 3 of the reason failure", times)
	}
}

// Above INFO the log is nearly empty. The dashboard still shows its records.
func TestFailuresAreShownAboveInfo(t *testing.T) {
	d := deployment(t, measured(t), "PostInvokeDemo")
	d.Functions[native()].Log = lambdalog.Settings{JSON: true, Level: "ERROR"}
	level := func(c *lambdaenv.Config) { c.ApplicationLogLevel = "ERROR" }
	v := viewOf(t, d, linesOf(t, d, session{config: level, events: []string{trouble("hook fails")}}))
	if rows := draw(t, d, v, problems).Log.Rows; len(rows) != 1 || rows[0]["what"] != "hook failed" {
		t.Errorf("what went wrong: got %v, want the hook that failed", rows)
	}
	if rows := draw(t, d, v, invocations).Log.Rows; len(rows) != 1 || rows[0]["hookTime"] != nil ||
		rows[0]["failed"] != nil {
		t.Errorf("invocations: got %v, want one of whose hooks nothing is said", rows)
	}
}

// Loading the page reads the log at most three times over.
func TestScans(t *testing.T) {
	d := deployment(t, demo(t), "PostInvokeDemo")
	v := viewOf(t, d, linesOf(t, d, session{}, session{events: []string{trouble("hook fails"), trouble("exit")}}))
	for name, test := range map[string]struct {
		view *cloudwatch.View
		most float64
	}{"with the index": {v, 3}, "without an index": {v.WithoutIndex(), 5}} {
		if got, err := test.view.Scans(d.Dashboard); err != nil || got > test.most || got < 2 {
			t.Errorf("%s: got %.2f times, %v, want at most %v", name, got, err, test.most)
		}
	}
}

// A choice shows one function's records and not those of another whose log
// group's name begins or ends with the same letters.
func TestChoiceOfAFunctionIsExact(t *testing.T) {
	app := newApp(t, nil)
	stack := awscdk.NewStack(app, jsii.String("Stack"), nil)
	labels := []string{"orders", "second", "third"}
	groups := []string{"/aws/lambda/orders", "/aws/lambda/orders-v2", "old/aws/lambda/orders"}
	var functions []awslambda.IFunction
	for i, group := range groups {
		functions = append(functions, postinvokecdk.NewFunction(stack, &labels[i], &postinvokecdk.FunctionProps{
			Entry: "function", FunctionProps: awslambda.FunctionProps{LogGroup: awslogs.LogGroup_FromLogGroupName(stack,
				jsii.String(labels[i]+"Logs"), &group)},
		}))
	}
	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{Functions: functions})
	d := deployment(t, cdktest.Synth(t, app), "Stack")

	example := deployment(t, demo(t), "PostInvokeDemo")
	var lines []cloudwatch.Line
	for i, line := range linesOf(t, example, session{}) {
		line.Group = groups[i%len(groups)]
		lines = append(lines, line)
	}
	v := viewOf(t, d, lines)
	for choice, want := range map[string][]string{"all": labels, "orders": labels[:1], "second": labels[1:2],
		"third": labels[2:]} {
		found := draw(t, choose(t, d, choice), v, theLog).Log
		var got []string
		for i := range found.Rows {
			got = append(got, found.Cell(i, "Function"))
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("choice %s: got lines of %q, want those of %q", choice, got, want)
		}
	}
}

// choose returns the deployment after a choice at the top of the dashboard, whose
// value takes the place of the pattern in the queries.
func choose(t *testing.T, d *cloudwatch.Deployment, label string) *cloudwatch.Deployment {
	t.Helper()
	menu := d.Dashboard.Variables[0]
	for _, value := range menu.Values {
		if value.Label != label || menu.Type != "pattern" {
			continue
		}
		after, body := *d, *d.Dashboard
		after.Dashboard, body.Widgets = &body, slices.Clone(body.Widgets)
		for i := range body.Widgets {
			query := &body.Widgets[i].Properties.Query
			*query = strings.ReplaceAll(*query, menu.Pattern, value.Value)
		}
		return &after
	}
	t.Fatalf("the dashboard has no choice %q", label)
	return nil
}

// The address of the dashboard is right in every partition, also in the
// description of an alarm.
func TestAddressInEveryPartition(t *testing.T) {
	text := measured(t).Text(t, "PostInvokeDemo.template.json")
	for partition, want := range map[string]string{
		"aws":        ".console.aws.amazon.com/cloudwatch/home?region=",
		"aws-cn":     ".console.amazonaws.cn/cloudwatch/home?region=",
		"aws-us-gov": ".console.amazonaws-us-gov.com/cloudwatch/home?region=",
	} {
		d, err := cloudwatch.DeployIn(text, partition)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range d.Alarms {
			if !strings.Contains(a.AlarmDescription, " See https://"+cloudwatch.Region+want) ||
				!strings.HasSuffix(a.AlarmDescription,
					"#dashboards/dashboard/PostInvokeDemo-"+cloudwatch.Region+"-Dashboard") {
				t.Errorf("%s: alarm %s says %q", partition, a.Name, a.AlarmDescription)
			}
		}
	}
}
