package awsrun_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/awsrun/awstest"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// quick is a pace for tests: as fast as can be, and more patient than AWS.
var quick = awsrun.Pace{
	Busy:    time.Millisecond,
	Quiet:   time.Millisecond,
	Log:     time.Minute,
	Idle:    time.Minute,
	Grace:   time.Minute,
	Metric:  time.Minute,
	Backoff: time.Millisecond,
}

// unmistakable is an event with hooks that take longer than the way to the
// caller on a busy machine; brief is for tests to which that does not matter.
const (
	unmistakable = `{"sleepMs":700}`
	brief        = `{"sleepMs":20}`
)

// A run is what is left of one.
type run struct {
	recordings []*recording.Recording
	checks     []awsrun.Check
	progress   []string
	err        error
}

// perform runs the stack of a test's account. What is not set in cfg is what
// most tests want: two invocations with short hooks.
func perform(ctx context.Context, cfg awsrun.Config) *run {
	if cfg.Stack == "" {
		cfg.Stack = awstest.Stack
	}
	if cfg.Event == nil {
		cfg.Event = []byte(unmistakable)
	}
	if cfg.Invocations == 0 {
		cfg.Invocations = 2
	}
	if cfg.Pace == (awsrun.Pace{}) {
		cfg.Pace = quick
	}
	var (
		r         run
		recorders []*recording.Recorder
		mu        sync.Mutex
	)
	cfg.NewRecorder = func(about recording.About) *recording.Recorder {
		rec := recording.NewRecorder(about)
		recorders = append(recorders, rec)
		return rec
	}
	follow := cfg.Progress
	cfg.Progress = func(p awsrun.Progress) {
		mu.Lock()
		defer mu.Unlock()
		if follow != nil {
			follow(p)
		}
		r.progress = append(r.progress, p.Sentence())
	}
	r.checks, r.err = awsrun.Run(ctx, cfg)
	for _, rec := range recorders {
		r.recordings = append(r.recordings, rec.Recording())
	}
	return &r
}

func (r *run) succeeded(t *testing.T) {
	t.Helper()
	if r.err != nil {
		t.Fatalf("run: %v", r.err)
	}
}

// story is a recording in short: who did what, line by line.
func story(r *recording.Recording) []string {
	var story []string
	for _, m := range r.Moments {
		if m.Kind == lambdaenv.Line {
			story = append(story, string(m.Source)+": "+inShort(m.Text))
		} else {
			story = append(story, string(m.Kind))
		}
	}
	return story
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

// verdicts are the checks in short.
func verdicts(checks []awsrun.Check) string {
	var all []string
	for _, c := range checks {
		all = append(all, string(c.Verdict))
	}
	return strings.Join(all, ", ")
}

// dump shows the checks.
func dump(checks []awsrun.Check) string {
	var b strings.Builder
	for _, c := range checks {
		fmt.Fprintf(&b, "%s %s: %s: %s (%s)\n", c.Function, c.Verdict, c.Claim, c.Figures, c.Meaning)
	}
	return b.String()
}
