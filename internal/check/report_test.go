package main

import (
	"bytes"
	"context"
	"regexp"
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
		r.run(t.Context(), step{"slow", func(context.Context, *reporter) error {
			time.Sleep(100 * time.Second)
			return nil
		}})
		wantLines(t, printed.String(), "slow 30.0 s so far", "slow 60.0 s so far", "slow 90.0 s so far", "slow 100.0 s")
	})
}

// A step that fails is shown with the output of its command, and the result names it.
func TestAStepThatFails(t *testing.T) {
	var printed bytes.Buffer
	r := newReporter(&printed)
	r.run(t.Context(), step{"red", root.command("/bin/sh", "-c", "echo out; echo err >&2; exit 3")})
	r.run(t.Context(), step{"green", root.command("/bin/sh", "-c", "echo fine")})
	withoutTimes := regexp.MustCompile(` +\d+\.\d s`).ReplaceAllString(printed.String(), "")
	wantLines(t, withoutTimes, "red: exit status 3", "out", "err", "green")
	if err := r.summary(strings.NewReader("")); err == nil || err.Error() != "these steps failed: red" {
		t.Errorf("got %v, want the name of the step", err)
	}
}

func TestWhatWasLeftOut(t *testing.T) {
	var printed bytes.Buffer
	leftOut := "needs a rocket (tests of moon)\nneeds a boat (tests of sea)\nneeds a rocket (tests of moon)\n"
	if err := newReporter(&printed).summary(strings.NewReader(leftOut)); err != nil {
		t.Fatal(err)
	}
	wantLines(t, printed.String(), "All checks passed in 0s, without these, which this machine lacks something for:",
		"needs a boat (tests of sea)", "needs a rocket (tests of moon)")
}

// wantLines compares lines, apart from their spaces.
func wantLines(t *testing.T, printed string, want ...string) {
	t.Helper()
	got := ""
	for line := range strings.Lines(printed) {
		got += strings.Join(strings.Fields(line), " ") + "\n"
	}
	if want := strings.Join(want, "\n") + "\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
