package awsrun_test

import (
	"testing"
	"time"

	"example.com/postinvoke/demo/awsrun"
)

func TestProgress(t *testing.T) {
	const expected = 6 * time.Minute
	for _, test := range []struct {
		p                  awsrun.Progress
		bySecond, byMinute string
	}{
		{awsrun.Progress{Step: "invoking f"}, "invoking f", "invoking f"},
		{awsrun.Progress{Step: "waiting", Expected: expected}, "waiting (0m of about 6m)", "waiting (0m of about 6m)"},
		{awsrun.Progress{Step: "waiting", Passed: 9 * time.Second, Expected: expected},
			"waiting (9s of about 6m)", "waiting (0m of about 6m)"},
		{awsrun.Progress{Step: "waiting", Passed: 90 * time.Second, Expected: expected},
			"waiting (1m30s of about 6m)", "waiting (1m of about 6m)"},
		{awsrun.Progress{Step: "waiting", Passed: 9*time.Minute + 5*time.Second, Expected: expected},
			"waiting (9m5s, usually about 6m)", "waiting (9m, usually about 6m)"},
	} {
		if got := test.p.Text(time.Second); got != test.bySecond {
			t.Errorf("by the second: got %q, want %q", got, test.bySecond)
		}
		if got := test.p.Text(time.Minute); got != test.byMinute {
			t.Errorf("by the minute: got %q, want %q", got, test.byMinute)
		}
	}
}
