package awsrun_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// quick is a pace for tests: as fast as can be, and more patient than AWS.
var quick = awsrun.Pace{
	Look: time.Millisecond, Log: time.Minute, Idle: time.Minute, Grace: time.Minute,
}

// event is for hooks that end at once. With a HookTime they take longer on
// Lambda's clock than any way to the caller, however busy the machine is.
const event = `{"sleepMs":1}`

// An outcome is what is left of a run.
type outcome struct {
	recordings []*recording.Recording
	checks     []awsrun.Check
	progress   []string
	err        error
}

// execute runs the stack of a test's account. What is not set in cfg is what
// most tests want: two invocations with short hooks.
func execute(ctx context.Context, cfg awsrun.Config) *outcome {
	if cfg.Stack == "" {
		cfg.Stack = stackName
	}
	if cfg.Event == nil {
		cfg.Event = []byte(event)
	}
	if cfg.Invocations == 0 {
		cfg.Invocations = 2
	}
	if cfg.Pace == (awsrun.Pace{}) {
		cfg.Pace = quick
	}
	var (
		r         outcome
		recorders []*recording.Recorder
	)
	cfg.NewRecorder = func(about recording.About) *recording.Recorder {
		rec := recording.NewRecorder(about)
		recorders = append(recorders, rec)
		return rec
	}
	follow := cfg.Progress
	cfg.Progress = func(text string) {
		if follow != nil {
			follow(text)
		}
		r.progress = append(r.progress, text)
	}
	r.checks, r.err = awsrun.Run(ctx, cfg)
	for _, rec := range recorders {
		r.recordings = append(r.recordings, rec.Recording())
	}
	return &r
}

func (r *outcome) succeeded(t *testing.T) {
	t.Helper()
	if r.err != nil {
		t.Fatalf("run: %v", r.err)
	}
}

// summary is a recording in short: what happened, line by line.
func summary(r *recording.Recording) []string {
	var lines []string
	for _, m := range r.Moments {
		if m.Kind == lambdaenv.Line {
			lines = append(lines, string(m.Source)+": "+inShort(m.Text))
		} else {
			lines = append(lines, string(m.Kind))
		}
	}
	return lines
}

// inShort is a line, or the name of the record that it is.
func inShort(line string) string {
	fields := recording.Fields(line)
	for _, name := range []string{"message", "type"} {
		if fields[name] != "" {
			return fields[name]
		}
	}
	return line
}

// inOrder checks that all has the parts, one after the other.
func inOrder(t *testing.T, all []string, parts ...string) {
	t.Helper()
	rest := all
	for _, part := range parts {
		i := slices.Index(rest, part)
		if i < 0 {
			t.Fatalf("no %q where it was expected in\n%s", part, strings.Join(all, "\n"))
		}
		rest = rest[i+1:]
	}
}

// results are the checks in short.
func results(checks []awsrun.Check) string {
	var all []string
	for _, c := range checks {
		all = append(all, string(c.Result))
	}
	return strings.Join(all, ", ")
}

// dump shows the checks.
func dump(checks []awsrun.Check) string {
	var b strings.Builder
	for _, c := range checks {
		fmt.Fprintf(&b, "%s %s: %s: %s (%s)\n", c.Function, c.Result, c.Expected, c.Figures, c.Meaning)
	}
	return b.String()
}
