package awsrun_test

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/record"
)

// without loses the lines of a log with a text in them.
func without(text string) func(string) string {
	return func(line string) string {
		if strings.Contains(line, text) {
			return ""
		}
		return line
	}
}

// with gives a field of all records another value.
func with(field, value string) func(string) string {
	re := regexp.MustCompile(`"` + field + `":[\d.]+`)
	return func(line string) string { return re.ReplaceAllString(line, `"`+field+`":`+value) }
}

// times multiplies the values of the metric.
func times(factor float64) func([]float64) []float64 {
	return func(values []float64) []float64 {
		for i := range values {
			values[i] *= factor
		}
		return values
	}
}

// A check fails on an AWS that is not as expected, with what that means.
func TestCheckFails(t *testing.T) {
	const minute = time.Minute
	tests := []struct {
		name  string
		cfg   accountConfig
		event string
		want  string

		figures, meaning string // of the check that is not passed
	}{
		{
			// The response comes after the hooks, so how long they take cannot be
			// made up; the metric has more than that, however late it begins.
			name: "callers wait for hooks", event: `{"sleepMs":1100}`,
			cfg:     accountConfig{KeepBack: true, Metric: times(2), Rewrite: with("initDurationMs", "0")},
			want:    "failed, passed, passed, passed, passed",
			figures: "invocation 1: response after ", meaning: "callers wait for hooks",
		},
		{
			name: "hooks are not billed", cfg: accountConfig{HookTime: minute, Rewrite: with("billedDurationMs", "7")},
			want:    "passed, failed, passed, passed, passed",
			figures: "invocation 1: 7 ms billed, ", meaning: "bills less",
		},
		{
			name: "the metric does not count them", cfg: accountConfig{HookTime: minute, Metric: times(0.5)},
			want:    "passed, passed, failed, passed, passed",
			figures: " in 1 invocations, hooks took ", meaning: "dashboard",
		},
		{
			name:    "there is no metric",
			cfg:     accountConfig{HookTime: minute, Metric: func([]float64) []float64 { return nil }},
			want:    "passed, passed, not seen, passed, passed",
			figures: "CloudWatch has 0 of 1 invocations so far",
		},
		{
			name:    "shutdown hooks are not seen",
			cfg:     accountConfig{HookTime: minute, Rewrite: without(record.ShutdownHooks)},
			want:    "passed, passed, passed, failed, passed",
			figures: "that of the shutdown hooks did not", meaning: "must not be lost",
		},
		{
			name: "no reason is reported", cfg: accountConfig{HookTime: minute, Rewrite: without(record.Environment)},
			want:    "passed, passed, passed, passed, failed",
			figures: "its record did not come within 1ns", meaning: "SHUTDOWN event",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.cfg.ShutdownAfter = 1
			startAccount(t, test.cfg)
			cfg := awsrun.Config{Invocations: 1, Pace: quick, Event: []byte(cmp.Or(test.event, event))}
			if strings.HasSuffix(test.want, "failed, passed") || strings.HasSuffix(test.want, "passed, failed") {
				cfg.Pace.Grace = 1 // one of the two records never comes
			}
			r := execute(t.Context(), cfg)
			r.succeeded(t)
			if got := results(r.checks); got != test.want {
				t.Fatalf("got %s, want %s:\n%s", got, test.want, dump(r.checks))
			}
			for _, c := range r.checks {
				asWanted := strings.Contains(c.Figures, test.figures) && strings.Contains(c.Meaning, test.meaning)
				if c.Result != awsrun.Passed && !asWanted {
					t.Errorf("got %q (%q), want %q (%q)", c.Figures, c.Meaning, test.figures, test.meaning)
				}
			}
		})
	}
}

// What could as well be otherwise is neither passed nor failed.
func TestCheckWithoutEvidence(t *testing.T) {
	another := func(values []float64) []float64 { return append(values, 0) }
	const response, billed, metric, shutdown, reason = 0, 1, 2, 3, 4
	const fails = "demo/testdata/functions/fails"
	tests := []struct {
		name  string
		cfg   accountConfig
		event string
		check int
		want  string
	}{
		{"a slow handler with short hooks", accountConfig{KeepBack: true, Rewrite: with("responseMs", "1100")},
			`{"sleepMs":1100}`, response,
			"the caller may have waited for the network or the cold start: " +
				`give the function an event such as {"sleepMs":3000}`},
		{"a caller who waits for a cold start",
			accountConfig{KeepBack: true, Rewrite: with("initDurationMs", "60000")}, `{"sleepMs":1100}`,
			response, "the caller may have waited for the network or the cold start"},
		{"hooks before a panic is reported", accountConfig{Function: fails}, `"handler panics"`,
			response, "hooks did not follow a response"},
		{"short hooks", accountConfig{Rewrite: with("hooksMs", "1")}, event,
			billed, "too short to compare"},
		{"no billed duration", accountConfig{Rewrite: with("billedDurationMs", "0")}, event,
			billed, "its platform.report has no billed duration"},
		{"a billed init", accountConfig{Rewrite: func(line string) string {
			return with("billedDurationMs", "500")(with("initDurationMs", "400")(with("hooksMs", "450")(line)))
		}, Metric: func([]float64) []float64 { return []float64{450} }}, event,
			billed, "it may be the init of 400 ms that is billed"},
		{"no records below WARN", accountConfig{Rewrite: without(record.Hooks)}, event,
			billed, "the application log level is above INFO"},
		{"other invocations in the metric", accountConfig{HookTime: time.Minute, Metric: another},
			event, metric, "CloudWatch has 2 invocations in these minutes, of which 1 are of this run"},
		{"no shutdown hooks", accountConfig{Function: fails}, `"fast"`,
			shutdown, "only of the example it is known that there are any"},
		{"shutdown hooks that print nothing", accountConfig{Rewrite: without("bye y'all!")}, event,
			shutdown, "lines printed: 0, so none that could have been lost"},
		{"no layer", accountConfig{NoLayer: true}, event,
			reason, "the function does not say that it has the layer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.cfg.ShutdownAfter = 1
			startAccount(t, test.cfg)
			cfg := awsrun.Config{Invocations: 1, Pace: quick, Event: []byte(test.event)}
			cfg.Pace.Grace = 1
			if test.name == "shutdown hooks that print nothing" {
				cfg.Pace.Grace = quick.Grace
			}
			r := execute(t.Context(), cfg)
			r.succeeded(t)
			if got := r.checks[test.check]; got.Result != awsrun.NotSeen || !strings.Contains(got.Figures, test.want) {
				t.Errorf("got %s, want not seen, %q", dump(r.checks[test.check:test.check+1]), test.want)
			}
			if strings.Contains(results(r.checks), "failed") {
				t.Errorf("got a failure:\n%s", dump(r.checks))
			}
		})
	}
}

// The metric may have come for the other invocation only.
func TestMetricOfAnInvocationWithoutRecord(t *testing.T) {
	lost := "" // the first of the records
	startAccount(t, accountConfig{HookTime: time.Minute, Rewrite: func(line string) string {
		if strings.Contains(line, record.Hooks) && (lost == "" || lost == line) {
			lost = line
			return ""
		}
		return line
	}, Metric: func(values []float64) []float64 { return values[:1] }})
	r := execute(t.Context(), awsrun.Config{Invocations: 2, NoWait: true})
	r.succeeded(t)
	if got := r.checks[2]; got.Result != awsrun.NotSeen || !strings.Contains(got.Figures, "has 1 of 2 invocations") {
		t.Errorf("got %s, want not seen", dump(r.checks[2:3]))
	}
}

// No time is reported of a function that does not use the library, and unknown is not zero.
func TestUnknownIdleTime(t *testing.T) {
	startAccount(t, accountConfig{ShutdownAfter: 1, Rewrite: func(line string) string {
		return regexp.MustCompile(`,"idleMs":[\d.]+`).ReplaceAllString(line, "")
	}})
	r := execute(t.Context(), awsrun.Config{Invocations: 1, Pace: quick})
	r.succeeded(t)
	if got := r.checks[4]; !strings.Contains(got.Figures, "spindown, after an unknown time idle and ") {
		t.Errorf("got %s, want an unknown time", dump(r.checks[4:5]))
	}
}

// Handlers are billed as well: a report that has room for either is not one of
// both.
func TestBilledDurationOfTheHandlerOnly(t *testing.T) {
	startAccount(t, accountConfig{Rewrite: func(line string) string {
		return with("billedDurationMs", "500")(with("handlerMs", "450")(with("hooksMs", "450")(line)))
	}})
	r := execute(t.Context(), awsrun.Config{Invocations: 1, NoWait: true})
	r.succeeded(t)
	if got := r.checks[1]; got.Result != awsrun.Failed {
		t.Errorf("got %s, want failed", dump(r.checks[1:2]))
	}
}

// Lambda may make records of plain lines.
func TestPlainLinesInRecords(t *testing.T) {
	startAccount(t, accountConfig{ShutdownAfter: 1, HookTime: time.Minute, Rewrite: func(line string) string {
		if strings.HasPrefix(line, "{") {
			return line
		}
		return fmt.Sprintf(`{"timestamp":"2026-03-04T05:06:07Z","level":"INFO","message":%q}`, line)
	}})
	r := execute(t.Context(), awsrun.Config{Invocations: 1})
	r.succeeded(t)
	if got := results(r.checks); got != "passed, passed, passed, passed, passed" {
		t.Errorf("got the checks\n%s", dump(r.checks))
	}
}

func TestMetricIsDenied(t *testing.T) {
	account := startAccount(t, accountConfig{})
	account.Fail("cloudwatch:GetMetricStatistics", awsError{Status: 403, Code: "AccessDenied", Message: "no"})
	r := execute(t.Context(), awsrun.Config{Invocations: 1, NoWait: true})
	r.succeeded(t)
	got := r.checks[2]
	const want = "refused cloudwatch:GetMetricStatistics"
	if got.Result != awsrun.NotSeen || !strings.Contains(got.Figures, want) {
		t.Errorf("got %s, want not seen, %q", dump(r.checks[2:3]), want)
	}
}
