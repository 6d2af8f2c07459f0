package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/awsrun/awstest"
	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/demo/demotest"
)

// TestMain has runs look at the log without pause.
func TestMain(m *testing.M) {
	pace = awsrun.Pace{
		Busy: time.Millisecond, Quiet: time.Millisecond, Backoff: time.Millisecond,
		Log: time.Minute, Idle: time.Minute, Grace: time.Minute, Metric: time.Minute,
	}
	demotest.BeCommand(main)
	os.Exit(demotest.Tests(m))
}

// onAWS runs the program against an account of the test.
func onAWS(t *testing.T, cfg awstest.Config, args ...string) demotest.Result {
	t.Helper()
	cfg.HookTime = time.Minute
	awstest.Start(t, cfg)
	return demotest.Run(t, append([]string{"-stack", awstest.Stack, "-event", `{"sleepMs":1}`}, args...)...)
}

func TestStack(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.html")
	r := onAWS(t, awstest.Config{Functions: []string{"Arm64", "X86"}, ShutdownAfter: 2}, "-o", report)
	r.Wrote(t, report)
	demotest.InOrder(t, r.Stdout,
		"Running Demo-Arm64Function0A1B2C3D of the stack Demo at "+os.Getenv("AWS_ENDPOINT_URL")+" instead of AWS, "+
			"in eu-west-1: 2 invocations.",
		"── invokes the function with", "platform.start", "has the response after", "↑ function returned response here",
		"second on complete", "first on stack", "↑ duration includes cleanup time", "── frozen",
		"── thawed", "bye y'all!", "↑ lambda was shut down ", "environment shut down", "invocation 1", "cold start",
		"reason: spindown",
		"Running Demo-X86Function0A1B2C3D", "reason: spindown",
		"Self-check of Arm64", "passed    the caller had the response before the first hook ended",
		"passed    the billed duration includes the hooks", "passed    PostRuntimeExtensionsDuration shows the hooks",
		"passed    shutdown hooks ran", "passed    the extension reported", "Self-check of X86", "passed")
	page, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"terminal": r.Stdout, "report": string(page)} {
		if strings.Contains(text, "on AWS") {
			t.Errorf("%s: an endpoint of a test calls itself on AWS", what)
		}
	}
	demotest.InOrder(t, string(page), "A run of postinvoke at "+os.Getenv("AWS_ENDPOINT_URL")+" instead of AWS",
		"Demo-Arm64Function0A1B2C3D", "second on complete", "Demo-X86Function0A1B2C3D", "second on complete")
}

func TestStackJSON(t *testing.T) {
	r := onAWS(t, awstest.Config{Functions: []string{"Arm64", "X86"}}, "-json", "-no-wait", "-invocations", "1")
	r.Succeeded(t)
	got := map[string]int{}
	for line := range strings.Lines(r.Stdout) {
		var rec struct{ Type, Function, Verdict string }
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		got[strings.TrimSpace(rec.Function+" "+rec.Type+" "+rec.Verdict)]++
	}
	for _, f := range []string{"Arm64", "X86"} {
		if got[f+" entry"] < 10 || got[f+" invocation"] != 1 || got[f+" shutdown"] != 0 ||
			got[f+" check not seen"] < 2 || got[f+" check failed"] > 0 {
			t.Errorf("%s: got %v", f, got)
		}
	}
}

func TestStackIsMissing(t *testing.T) {
	awstest.Start(t, awstest.Config{})
	got := demotest.Run(t, "-stack", "Other")
	got.Failed(t, 1, "demo: there is no stack Other in eu-west-1: is it in another region (-region) or account "+
		"(-profile)? "+
		"npx cdk deploy makes it\n")
}

func TestFailedCheck(t *testing.T) {
	half := func(values []float64) []float64 { return []float64{values[0] / 2} }
	r := onAWS(t, awstest.Config{Metric: half}, "-no-wait", "-invocations", "1")
	r.Failed(t, 1, "demo: 1 of 5 checks failed; above is what that means\n")
	demotest.InOrder(t, r.Stdout, "failed    PostRuntimeExtensionsDuration shows the hooks",
		"That means: Lambda does not count")
}

// Ctrl-C while the environment idles ends the run with what there is.
func TestInterruptedOnAWS(t *testing.T) {
	account := awstest.Start(t, awstest.Config{HookTime: time.Minute})
	ctx, interrupt := context.WithCancelCause(context.Background())
	answered := func(r awstest.Request) {
		if r.Action == "logs:FilterLogEvents" && r.Limited {
			interrupt(&cli.Interruption{Signal: syscall.SIGINT})
		}
	}
	account.OnRequest(answered)
	report := filepath.Join(t.TempDir(), "report.html")
	var stdout, stderr bytes.Buffer
	err := run(ctx, []string{"-stack", awstest.Stack, "-event", `{"sleepMs":1}`, "-invocations", "1", "-o",
		report}, nil, &stdout, &stderr)
	if code := cli.Explain(err, &stderr); code != 130 ||
		!strings.Contains(stderr.String(), "demo: ended by a signal (interrupt)\n") {
		t.Errorf("got exit status %d and %q, want 130, and nothing about processes", code, &stderr)
	}
	demotest.InOrder(t, stdout.String(), "first on stack", "the environment was not shut down",
		"Self-check of Arm64", "passed    the caller", "not seen  shutdown hooks ran")
	if page, err := os.ReadFile(report); err != nil || !bytes.Contains(page, []byte("first on stack")) {
		t.Errorf("the report is not there, or lacks the log: %v", err)
	}
}

// A full disk can be full for the last words only.
func TestChecksThatCannotBeWritten(t *testing.T) {
	awstest.Start(t, awstest.Config{})
	var stderr bytes.Buffer
	err := run(t.Context(), []string{"-stack", awstest.Stack, "-event", `{"sleepMs":1}`, "-invocations", "1",
		"-no-wait"}, nil, untilChecks{}, &stderr)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want %v", err, syscall.ENOSPC)
	}
}

// untilChecks has no room for the self-check.
type untilChecks struct{}

func (untilChecks) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("Self-check")) {
		return 0, syscall.ENOSPC
	}
	return len(b), nil
}

func TestWrongUseOfStack(t *testing.T) {
	for want, args := range map[string][]string{
		"-stack: the name of a stack is needed, such as PostInvokeDemo": {"-no-wait"},
		`-stack: "my_stack" is no name for a stack: letters, digits and hyphens, a letter first, ` +
			`at most 128`: {"-stack", "my_stack"},
		"flag provided but not defined: -plain; -h lists the flags": {"-stack", "Demo", "-plain"},
		"-invocations 0: at least one is needed":                    {"-stack", "Demo", "-invocations", "0"},
	} {
		demotest.Run(t, args...).Failed(t, 2, "demo: "+want+"\n")
	}
}

func TestUsage(t *testing.T) {
	r := demotest.Run(t, "-h")
	r.Succeeded(t)
	demotest.InOrder(t, r.Stdout, "Usage: go run ./demo/aws -stack NAME [flags]\n", "-no-wait", "Ctrl-C")
}
