package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/infra/cdktest"
	"example.com/postinvoke/internal/cloudwatch"
	"example.com/postinvoke/internal/insights"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// records are the fields of log events, as CloudWatch discovers them.
type records []map[string]insights.Value

func recordsOf(env *lambdaenvtest.Env) records {
	var found records
	for _, line := range env.Lines() {
		found = append(found, insights.Fields(insights.Event{Message: line}))
	}
	return found
}

// with returns the only record with this message.
func (r records) with(t *testing.T, message string) map[string]insights.Value {
	t.Helper()
	var found records
	for _, fields := range r {
		if fields["message"] == message {
			found = append(found, fields)
		}
	}
	if len(found) != 1 {
		t.Fatalf("got %d records %q, want 1", len(found), message)
	}
	return found[0]
}

// native is the place of the function for this machine in the demo stack.
func native() int {
	if runtime.GOARCH == "amd64" {
		return 1
	}
	return 0
}

// A session is an environment of a function and what is done in it.
type session struct {
	config func(*lambdaenv.Config) // nil for that of the template
	events []string
	fails  bool // in its Init phase, or as soon as it has ended
}

// trouble is demo/failing with an event that names what goes wrong.
func trouble(do string) string { return fmt.Sprintf(`{"do": %q, "hookMs": 1}`, do) }

// linesOf runs demo/failing, or the deployed example if there are no events, with
// the settings of the native function of the template. It returns the lines that
// CloudWatch would have.
func linesOf(t *testing.T, d *cloudwatch.Deployment, sessions ...session) []cloudwatch.Line {
	t.Helper()
	var lines []cloudwatch.Line
	for _, r := range sessions {
		fn := d.Functions[native()]
		config := deployed(t, native())
		events := r.events
		if len(events) == 0 {
			events = []string{`{"sleepMs": 1}`, `{"sleepMs": 1}`}
		} else {
			config.Function = lambdaenvtest.Build(t, "demo/failing")
		}
		log := cloudwatch.NewLog(fn)
		config.Name, config.Observe = fn.Name, log.Observe
		if r.config != nil {
			r.config(&config)
		}
		env, err := lambdaenvtest.TryStart(t, config)
		switch {
		case r.fails && err == nil: // it was frozen before it failed: the event thaws it
			_, _ = env.Environment.Invoke(t.Context(), []byte(events[0]))
			env.AwaitLine(" problem")
		case !r.fails && err != nil:
			t.Fatalf("start: %v", err)
		case err == nil:
			for _, event := range events {
				env.Invoke(event)
				env.WaitIdle()
			}
			env.Shutdown()
		}
		lines = append(lines, log.Lines()...)
	}
	return lines
}

// viewOf evaluates the template of an assembly over lines.
func viewOf(t *testing.T, d *cloudwatch.Deployment, lines []cloudwatch.Line) *cloudwatch.View {
	t.Helper()
	now := time.Now().Truncate(5 * time.Minute).Add(5 * time.Minute)
	v, err := d.View(lines, now.Add(-3*time.Hour), now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func deployment(t *testing.T, a cdktest.Assembly, stack string) *cloudwatch.Deployment {
	t.Helper()
	d, err := cloudwatch.Deploy(a.Text(t, stack+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// draw evaluates the widget whose title begins so.
func draw(t *testing.T, d *cloudwatch.Deployment, v *cloudwatch.View, title string) *cloudwatch.Drawn {
	t.Helper()
	i := slices.IndexFunc(d.Dashboard.Widgets, func(w cloudwatch.Widget) bool {
		return strings.HasPrefix(w.Properties.Title, title)
	})
	if i < 0 {
		t.Fatalf("no widget %q", title)
	}
	drawn, err := v.Draw(d.Dashboard.Widgets[i])
	if err != nil {
		t.Fatal(err)
	}
	return drawn
}
