package awsrun_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

func TestRun(t *testing.T) {
	names := []string{"X86", "Arm64"}
	account := startAccount(t, accountConfig{Functions: names, ShutdownAfter: 2, HookTime: time.Minute})
	r := execute(t.Context(), awsrun.Config{})
	r.succeeded(t)

	if len(r.recordings) != 2 || r.recordings[0].Name != "Arm64" || r.recordings[1].Name != "X86" {
		t.Fatalf("got %d recordings, want those of Arm64 and X86", len(r.recordings))
	}
	for _, rec := range r.recordings {
		inOrder(t, summary(rec),
			"init-started", "platform: platform.initStart", "function: postinvoke: ready",
			"called", "platform: platform.start", "invoked", "function: "+event, "function: second on stack",
			"function: second on complete", "function: first on stack", "function: postinvoke: hooks finished",
			"idle", "platform: platform.report", "frozen",
			"called", "thawed", "platform: platform.start", "function: postinvoke: hooks finished",
			"platform: platform.report", "frozen",
			"shutdown-began", "signaled", "function: bye y'all!", "function: postinvoke: shutdown hooks finished",
			"extension: postinvoke: environment shut down", "shutdown-done")
		inOrder(t, summary(rec), "platform: platform.start", "responded", "function: second on complete")
		var remarks []string
		for i, m := range rec.Moments {
			if m.Remark != "" {
				remarks = append(remarks, m.Remark)
			}
			if i > 0 && m.Time.Before(rec.Moments[i-1].Time) {
				t.Errorf("%s is out of order", m.Text)
			}
			if m.Kind == lambdaenv.Responded && m.Response == nil {
				t.Error("the caller's response is missing")
			}
		}
		if len(remarks) != 3 {
			t.Errorf("got the remarks %q, want 3", remarks)
		}
		if len(rec.Invocations) != 2 {
			t.Fatalf("got %d invocations, want 2", len(rec.Invocations))
		}
		for i, inv := range rec.Invocations {
			if cold := i == 0; cold != (inv.Report.Init > 0) || inv.Hooks == nil {
				t.Errorf("invocation: got %+v, want a cold start and a warm one, with hooks", inv)
			}
			response := inv.Response
			if string(response.Payload) != event || response.Latency <= 0 {
				t.Errorf("invocation: got %+v", inv)
			}
		}
		if s := rec.Shutdown; s == nil || s.Reason != "spindown" || s.Idle <= 0 {
			t.Errorf("shutdown: got %+v, want spindown, some time after the last invocation", s)
		}
	}
	if got := results(r.checks); got != strings.TrimSuffix(strings.Repeat("passed, ", 10), ", ") {
		t.Errorf("got the checks\n%s", dump(r.checks))
	}
	for _, request := range account.Requests() {
		if request.Action != "lambda:InvokeFunction" {
			continue
		}
		kind, tail := request.Headers.Get("X-Amz-Invocation-Type"), request.Headers.Get("X-Amz-Log-Type")
		if kind != "RequestResponse" || tail == "Tail" {
			t.Errorf("invoked as %q with log %q, want RequestResponse without its tail", kind, tail)
		}
	}
	idle := "waiting for the environment to be shut down (0 minutes so far; others report five to ten)"
	first := slices.Index(r.progress, idle)
	if first < 0 || slices.Index(r.progress, "invoking Demo-X86Function0A1B2C3D") > first {
		t.Errorf("got the progress %q, want that both functions idle before the first is waited for", r.progress)
	}
}

// The documentation lists what a run is allowed to do: no more, no less.
func TestPermissionsAreDocumented(t *testing.T) {
	account := startAccount(t, accountConfig{ShutdownAfter: 1})
	execute(t.Context(), awsrun.Config{Invocations: 1, Event: []byte(event)}).succeeded(t)
	text, err := os.ReadFile("../../docs/aws.md")
	if err != nil {
		t.Fatal(err)
	}
	_, policy, _ := strings.Cut(string(text), "```json")
	policy, _, _ = strings.Cut(policy, "```")
	actions := map[string]bool{}
	for _, r := range account.Requests() {
		actions[r.Action] = true
	}
	for action := range actions {
		if !strings.Contains(policy, `"`+action+`"`) {
			t.Errorf("%s was used, but docs/aws.md does not allow it", action)
		}
	}
	if got := strings.Count(policy, `"Action"`); got != len(actions) {
		t.Errorf("docs/aws.md allows %d actions, %d were used", got, len(actions))
	}
}

func TestNoWait(t *testing.T) {
	startAccount(t, accountConfig{HookTime: time.Minute})
	r := execute(t.Context(), awsrun.Config{NoWait: true, Invocations: 1})
	r.succeeded(t)
	rec := r.recordings[0]
	inOrder(t, summary(rec), "called", "responded", "platform: platform.report", "frozen")
	if rec.Shutdown != nil || rec.Name != "" {
		t.Errorf("got the shutdown %v of %q, want none, and no name as there is one function", rec.Shutdown, rec.Name)
	}
	if got := results(r.checks); got != "passed, passed, passed, not seen, not seen" {
		t.Errorf("got the checks\n%s", dump(r.checks))
	}
}

// Ctrl-C between the two records of a shutdown is no evidence about the second.
func TestInterruptedInTheMiddleOfTheShutdown(t *testing.T) {
	for _, lost := range []string{record.ShutdownHooks, record.Environment} {
		t.Run(lost, func(t *testing.T) {
			printed := make(chan struct{})
			startAccount(t, accountConfig{ShutdownAfter: 1, Rewrite: func(line string) string {
				switch {
				case strings.Contains(line, lost):
					return ""
				case strings.Contains(line, record.ShutdownHooks), strings.Contains(line, record.Environment):
					close(printed)
				}
				return line
			}})
			ctx, cancel := context.WithCancelCause(t.Context())
			looks := 0 // for the shutdown, since the other record is there
			r := execute(ctx, awsrun.Config{Invocations: 1, Progress: func(text string) {
				select {
				case <-printed:
					if looks++; looks == 3 {
						cancel(errors.New("ctrl-c"))
					}
				default:
				}
			}})
			unseen := strings.Count(dump(r.checks), "the run ended before it (")
			if r.err == nil || strings.Contains(results(r.checks), "failed") || unseen != 1 {
				t.Errorf("got the error %v and the checks\n%s", r.err, dump(r.checks))
			}
		})
	}
}

func TestInterruptedBeforeTheLogCame(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	startAccount(t, accountConfig{})
	r := execute(ctx, awsrun.Config{Progress: func(text string) {
		if strings.Contains(text, "waiting for the log") {
			cancel(errors.New("ctrl-c"))
		}
	}})
	if len(r.recordings) != 1 {
		t.Fatalf("got %d recordings, want one", len(r.recordings))
	}
	inOrder(t, summary(r.recordings[0]), "called", "responded")
	if r.err == nil || strings.Contains(results(r.checks), "failed") {
		t.Errorf("got the error %v and the checks\n%s", r.err, dump(r.checks))
	}
}

func TestEnvironmentStays(t *testing.T) {
	startAccount(t, accountConfig{HookTime: time.Minute})
	pace := quick
	pace.Idle = 1 // nanosecond: it has passed at the first look
	r := execute(t.Context(), awsrun.Config{Invocations: 1, Pace: pace})
	r.succeeded(t)
	const want = "passed, passed, passed, not seen, not seen"
	if got := results(r.checks); got != want || r.recordings[0].Shutdown != nil {
		t.Errorf("got the checks\n%s", dump(r.checks))
	}
	if !strings.Contains(dump(r.checks), "no record of a shutdown came within 1ns") {
		t.Errorf("want that there is no record of a shutdown:\n%s", dump(r.checks))
	}
}

func TestFunctionFails(t *testing.T) {
	tests := []struct {
		event, status, functionError string
		kind                         lambdaenv.Kind
	}{
		{`"error"`, "error", "Unhandled", lambdaenv.Frozen},
		{`"exit"`, "error", "Unhandled", lambdaenv.Reset},
	}
	for _, test := range tests {
		t.Run(test.event, func(t *testing.T) {
			pace := quick
			pace.Grace = 1 // the function has no shutdown hooks
			startAccount(t, accountConfig{Function: "demo/testdata/functions/fails", ShutdownAfter: 1})
			r := execute(t.Context(), awsrun.Config{Event: []byte(test.event), Invocations: 1, Pace: pace})
			r.succeeded(t)
			rec := r.recordings[0]
			inv := rec.Invocations[0]
			if inv.Report.Status != test.status || inv.Response.FunctionError != test.functionError {
				t.Errorf("got status %q and error %q, want %q and %q",
					inv.Report.Status, inv.Response.FunctionError, test.status, test.functionError)
			}
			if !slices.ContainsFunc(rec.Moments, func(m recording.Moment) bool { return m.Kind == test.kind }) {
				t.Errorf("no %s in\n%s", test.kind, strings.Join(summary(rec), "\n"))
			}
		})
	}
}
