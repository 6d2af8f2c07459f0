package awsrun_test

import (
	"testing"
	"time"

	"example.com/postinvoke/demo/awsrun"
)

func TestProgress(t *testing.T) {
	const expected = 6 * time.Minute
	tests := []struct {
		p             awsrun.Progress
		bar, sentence string
	}{
		{awsrun.Progress{Step: "invoking f"}, "invoking f", "invoking f"},
		{awsrun.Progress{Step: "waiting", Expected: expected},
			"waiting [░░░░░░░░░░░░░░░░░░░░] 0m of about 6m", "waiting (0m of about 6m)"},
		{awsrun.Progress{Step: "waiting", Passed: 90 * time.Second, Expected: expected},
			"waiting [█████░░░░░░░░░░░░░░░] 1m30s of about 6m", "waiting (1m of about 6m)"},
		{awsrun.Progress{Step: "waiting", Passed: 9*time.Minute + 5*time.Second, Expected: expected},
			"waiting [████████████████████] 9m5s, usually about 6m", "waiting (9m, usually about 6m)"},
	}
	for _, test := range tests {
		if got := test.p.Bar(); got != test.bar {
			t.Errorf("bar: got %q, want %q", got, test.bar)
		}
		if got := test.p.Sentence(); got != test.sentence {
			t.Errorf("sentence: got %q, want %q", got, test.sentence)
		}
	}
}
