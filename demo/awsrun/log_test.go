package awsrun_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/lambdaenv"
)

// However the log arrives, what is recorded of it is in the order in which it
// was printed, whole, and each line once.
func TestLogArrives(t *testing.T) {
	tests := map[string]accountConfig{
		"at once":                {},
		"late, and out of order": {Late: 3},
	}
	for name, cfg := range tests {
		t.Run(name, func(t *testing.T) {
			cfg.ShutdownAfter = 2
			account := startAccount(t, cfg)
			r := execute(t.Context(), awsrun.Config{Event: []byte(event)})
			r.succeeded(t)
			var got []string
			for _, m := range r.recordings[0].Moments {
				if m.Kind == lambdaenv.Line {
					got = append(got, m.Text)
				}
			}
			want := account.Lines()
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if strings.Contains(results(r.checks), "failed") {
				t.Errorf("got the checks\n%s", dump(r.checks))
			}
		})
	}
}

// A clock that is wrong neither hides the log nor changes the order of things.
func TestClocksDisagree(t *testing.T) {
	for _, skew := range []time.Duration{-time.Hour, -3 * time.Second, 3 * time.Second, time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			startAccount(t, accountConfig{ShutdownAfter: 2, Skew: skew, HookTime: time.Minute})
			r := execute(t.Context(), awsrun.Config{})
			r.succeeded(t)
			rec := r.recordings[0]
			one := []string{
				"called", "platform: platform.start", "responded", "function: second on complete",
				"platform: platform.report",
			}
			inOrder(t, summary(rec), slices.Concat(one, one, []string{"shutdown-done"})...)
			if last := rec.Intro[len(rec.Intro)-1]; !strings.Contains(last, "Lambda's clock") {
				t.Errorf("got %q, want that the clocks differ", last)
			}
			if strings.Contains(results(r.checks), "failed") {
				t.Errorf("got the checks\n%s", dump(r.checks))
			}
		})
	}
}

// A function that logs text has no records of the platform.
func TestReportNeverCame(t *testing.T) {
	startAccount(t, accountConfig{Rewrite: without("platform.report")})
	pace := quick
	pace.Log = 1
	r := execute(t.Context(), awsrun.Config{Pace: pace, Event: []byte(event), Invocations: 1})
	const want = "with the system log level INFO?"
	if r.err == nil || !strings.HasSuffix(r.err.Error(), want) {
		t.Errorf("got %v, want a sentence that ends in %q", r.err, want)
	}
	if len(r.recordings) != 1 {
		t.Errorf("got %d recordings, want what there is of one", len(r.recordings))
	}
}
