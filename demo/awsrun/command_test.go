package awsrun_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/postinvoke/demo/awsrun"
	"example.com/postinvoke/demo/cli"
	"example.com/postinvoke/demo/demotest"
)

// TestMain has runs look at the log without pause.
func TestMain(m *testing.M) {
	awsrun.DefaultPace = quick
	os.Exit(demotest.Main(m, func() { cli.Main(awsrun.Command) }))
}

// onAWS runs the program against an account of the test.
func onAWS(t *testing.T, cfg accountConfig, args ...string) demotest.Result {
	t.Helper()
	cfg.HookTime = time.Minute
	startAccount(t, cfg)
	return demotest.Run(t, append([]string{"-stack", stackName, "-event", `{"sleepMs":1}`}, args...)...)
}

func TestStack(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.html")
	r := onAWS(t, accountConfig{Functions: []string{"Arm64", "X86"}, ShutdownAfter: 2}, "-o", report)
	r.Succeeded(t, report)
	demotest.InOrder(t, r.Stdout,
		"Running Demo-Arm64Function0A1B2C3D of the stack Demo at "+os.Getenv("AWS_ENDPOINT_URL")+" instead of AWS, "+
			"in eu-west-1: 2 invocations.",
		"── invokes the function with", "platform.start", "has the response after", "function returned response here",
		"second on complete", "first on stack", "duration includes cleanup time", "── frozen",
		"── thawed", "bye y'all!", "lambda was shut down ", "environment shut down", "invocation 1", "cold start",
		"reason: spindown",
		"Running Demo-X86Function0A1B2C3D", "reason: spindown",
		"Self-check of Arm64", "passed    the caller had the response before the hooks had finished",
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
	r := onAWS(t, accountConfig{Functions: []string{"Arm64", "X86"}}, "-json", "-no-wait", "-invocations", "1")
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

func TestFailedCheck(t *testing.T) {
	half := func(values []float64) []float64 { return []float64{values[0] / 2} }
	r := onAWS(t, accountConfig{Metric: half}, "-no-wait", "-invocations", "1")
	r.Failed(t, 1, "demo: 1 of 5 checks failed; above is what that means\n")
	demotest.InOrder(t, r.Stdout, "failed    PostRuntimeExtensionsDuration shows the hooks",
		"That means: Lambda does not count")
}

// Ctrl-C while the environment idles ends the run with what there is.
func TestInterruptedOnAWS(t *testing.T) {
	startAccount(t, accountConfig{HookTime: time.Minute})
	report := filepath.Join(t.TempDir(), "report.html")
	p := demotest.Start(t, demotest.Command(t, "-stack", stackName, "-event", `{"sleepMs":1}`, "-invocations", "1",
		"-o", report))
	p.See(t, "── frozen")
	r := p.Signal(t, syscall.SIGINT)
	r.Failed(t, 130, "demo: wrote "+report+"\ndemo: interrupt signal received\n")
	demotest.InOrder(t, r.Stdout, "the environment was not shut down",
		"Self-check of Arm64", "passed    the caller", "passed    the billed",
		"not seen  PostRuntimeExtensionsDuration", "the run ended before it was looked for", "not seen  shutdown hooks ran")
	if page, err := os.ReadFile(report); err != nil || !bytes.Contains(page, []byte("first on stack")) {
		t.Errorf("the report is not there, or lacks the log: %v", err)
	}
}

// A full disk can be full for the last words only.
func TestChecksThatCannotBeWritten(t *testing.T) {
	startAccount(t, accountConfig{})
	var stderr bytes.Buffer
	err := awsrun.Command(t.Context(), []string{"-stack", stackName, "-event", `{"sleepMs":1}`, "-invocations", "1",
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
		"flag provided but not defined: -plain; -h lists the flags":     {"-stack", "Demo", "-plain"},
		"-invocations 0: at least one is needed":                        {"-stack", "Demo", "-invocations", "0"},
	} {
		demotest.Run(t, args...).Failed(t, 2, "demo: "+want+"\n")
	}
}

func TestUsage(t *testing.T) {
	r := demotest.Run(t, "-h")
	r.Succeeded(t)
	demotest.InOrder(t, r.Stdout, "go run ./demo/aws -stack NAME [flags]", "-no-wait", "Ctrl-C")
}
