package awsrun_test

import (
	"regexp"
	"strings"
	"testing"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/awsrun/awstest"
	"example.com/postinvoke/record"
)

var billed = regexp.MustCompile(`"billedDurationMs":\d+`)

// An AWS that is not as we say it is makes a check fail, and the failure says
// what it means.
func TestCheckFails(t *testing.T) {
	without := func(message string) func(string) string {
		return func(line string) string {
			if strings.Contains(line, message) {
				return ""
			}
			return line
		}
	}
	tests := []struct {
		name         string
		cfg          awstest.Config
		event        string
		want         string
		figures, why string // in the check that is not passed
	}{
		{
			"callers wait for hooks", awstest.Config{KeepBack: true}, `{"sleepMs":1100}`,
			"failed, passed, passed, passed, passed", "invocation 1: response after ", "callers wait for hooks",
		},
		{
			"hooks are not billed", awstest.Config{Rewrite: func(line string) string {
				return billed.ReplaceAllString(line, `"billedDurationMs":7`)
			}}, "",
			"passed, failed, passed, passed, passed", "invocation 1: 7 ms billed, ", "bills less",
		},
		{
			"the metric does not count them", awstest.Config{MetricScale: 0.5}, "",
			"passed, passed, failed, passed, passed", " in 1 invocations, but hooks took ", "dashboard",
		},
		{
			"there is no metric", awstest.Config{MetricScale: -1}, "",
			"passed, passed, not seen, passed, passed", "CloudWatch has no value yet", "",
		},
		{
			"shutdown hooks are not seen", awstest.Config{Rewrite: without(record.ShutdownHooks)}, "",
			"passed, passed, passed, failed, passed", "that of the shutdown hooks did not", "must not be lost",
		},
		{
			"no reason is reported", awstest.Config{Rewrite: without(record.Environment)}, "",
			"passed, passed, passed, passed, failed", "its record did not come within 1ns", "SHUTDOWN event",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.cfg.ShutdownAfter = 1
			awstest.Start(t, test.cfg)
			cfg := awsrun.Config{Invocations: 1, Pace: quick}
			cfg.Pace.Metric = 1
			if strings.HasSuffix(test.want, "failed, passed") || strings.HasSuffix(test.want, "passed, failed") {
				cfg.Pace.Grace = 1 // one of the two records never comes
			}
			if test.event != "" {
				cfg.Event = []byte(test.event)
			}
			r := perform(t.Context(), cfg)
			r.succeeded(t)
			if got := verdicts(r.checks); got != test.want {
				t.Fatalf("got %s, want %s:\n%s", got, test.want, dump(r.checks))
			}
			for _, c := range r.checks {
				if c.Verdict != awsrun.Passed && (!strings.Contains(c.Figures, test.figures) || !strings.Contains(c.Meaning, test.why)) {
					t.Errorf("got %q (%q), want %q (%q)", c.Figures, c.Meaning, test.figures, test.why)
				}
			}
		})
	}
}

// Whether the metric can tell hooks of a millisecond depends on the machine, and
// is not looked at.
func TestHooksTooShortToTell(t *testing.T) {
	awstest.Start(t, awstest.Config{KeepBack: true, ShutdownAfter: 1})
	cfg := awsrun.Config{Invocations: 1, Pace: quick, Event: []byte(`{"sleepMs":1}`)}
	cfg.Pace.Metric = 1
	r := perform(t.Context(), cfg)
	r.succeeded(t)
	got := r.checks[0]
	if got.Verdict != awsrun.NotSeen || !strings.Contains(got.Figures, `give the function an event such as {"sleepMs":3000}`) {
		t.Errorf("got %s, want not seen, and what to do", dump(r.checks[:1]))
	}
}

func TestMetricIsDenied(t *testing.T) {
	account := awstest.Start(t, awstest.Config{})
	account.Fail("cloudwatch:GetMetricStatistics", awstest.Failure{Status: 403, Code: "AccessDenied", Message: "no"})
	r := perform(t.Context(), awsrun.Config{Invocations: 1, NoWait: true})
	r.succeeded(t)
	if got := dump(r.checks[2:3]); !strings.Contains(got, "not seen") || !strings.Contains(got, "these credentials may not do cloudwatch:GetMetricStatistics") {
		t.Errorf("got %s, want that the metric may not be read", got)
	}
}
