package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A step that prints nothing for minutes still has a line of progress.
func TestNoStepIsSilentForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var printed bytes.Buffer
		r := newReporter(&printed)
		err := r.step(t.Context(), "slow", func(_ context.Context, r *reporter) error {
			r.does("compiling much")
			time.Sleep(100 * time.Second)
			r.printf("   a line of the step")
			time.Sleep(29 * time.Second)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(strings.TrimSpace(printed.String()), "\n")
		want := []string{"slow … 30 s", "slow … 60 s", "slow … 90 s", "   a line of the step", "slow "}
		if len(got) != len(want) {
			t.Fatalf("got %d lines, want %d:\n%s", len(got), len(want), &printed)
		}
		for i := range want {
			if !strings.HasPrefix(got[i], want[i]) {
				t.Errorf("got %q, want %q", got[i], want[i])
			}
		}
		if !strings.HasSuffix(got[0], "compiling much") {
			t.Errorf("got %q, want what the step does", got[0])
		}
	})
}

// What a command prints is shown if the command fails.
func TestTheOutputOfACommandThatFails(t *testing.T) {
	for script, want := range map[string]string{
		"echo out; echo err >&2; exit 1": "out\nerr\n",
		"echo out; echo err >&2":         "",
	} {
		var printed bytes.Buffer
		err := newReporter(&printed).exec(exec.Command("/bin/sh", "-c", script))
		if got := printed.String(); got != want || (err != nil) != (want != "") {
			t.Errorf("%s: got %q, %v; want %q", script, got, err, want)
		}
	}
}

// Go before 1.27 may fail when the time for fuzzing has passed, without an input
// that fails.
func TestTheEndOfTheTimeForFuzzingIsNoFailure(t *testing.T) {
	const timeIsUp = "--- FAIL: FuzzX (3.09s)\n    context deadline exceeded\nFAIL\n"
	const found = "--- FAIL: FuzzX (1.00s)\n    --- FAIL: FuzzX (0.00s)\n        panic\n" +
		"    Failing input written to testdata/fuzz/FuzzX/55\n"
	for output, want := range map[string]bool{timeIsUp: true, found: false, found + timeIsUp: false, "FAIL\n": false} {
		if got := onlyTimeIsUp(output); got != want {
			t.Errorf("%q: got %v, want %v", output, got, want)
		}
	}
}
