package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/demo/demotest"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// brief makes hooks and idleness short.
func brief(args ...string) []string {
	return append([]string{"-event", `{"sleepMs":50}`, "-idle", "10ms"}, args...)
}

func TestLog(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"layer.txt":         brief(),
		"without-layer.txt": brief("-without-layer", "-invocations", "1"),
		"json-format.txt":   brief("-log-format", "json", "-invocations", "1"),
		"hook-fails.txt": {"-function", "testdata/functions/fails", "-event", `"ok"`, "-idle", "0s",
			"-invocations", "1"},
		"error.txt": {"-function", "testdata/functions/fails", "-event", `"error"`, "-idle", "0s"},
		"wrong-event.txt": {"-function", "testdata/functions/fails", "-event", `7`, "-idle", "0s", "-invocations",
			"1"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := demotest.Run(t, args...)
			r.Succeeded(t)
			demotest.Golden(t, name, normal(r.Stdout))
		})
	}
}

// The stack of a panic is read line by line.
func TestHookThatPanics(t *testing.T) {
	t.Parallel()
	r := demotest.Run(t, "-function", "testdata/functions/fails", "-event", `"panic"`, "-idle", "0s",
		"-invocations", "1", "-log-format", "json")
	r.Succeeded(t)
	demotest.InOrder(t, r.Stdout, "hook failed", "out of ink", "\n", "  main.outOfInk()\n", "fails/main.go:")
	if strings.Contains(r.Stdout, `\n`) {
		t.Errorf("got a stack in one line:\n%s", r.Stdout)
	}
}

func TestPlainFunctionIsFrozenInTheMiddle(t *testing.T) {
	t.Parallel()
	report := filepath.Join(t.TempDir(), "report.html")
	// Long enough for a slow machine to freeze it in time, and to thaw it late.
	r := demotest.Run(t, "-plain", "-event", `{"sleepMs":2500}`, "-idle", "3s", "-o", report)
	r.Succeeded(t, report)
	demotest.InOrder(t, r.Stdout,
		"cleanup begins",
		"↑ response returned here, the goroutine is still at work",
		"REPORT ", "↑ duration ends here: nobody waits for the goroutine",
		"── frozen", "↑ frozen in the middle of its cleanup",
		"── invokes the function")
	_, second, _ := strings.Cut(r.Stdout, "↑ frozen in the middle of its cleanup")
	demotest.InOrder(t, second, "cleanup done",
		"↑ the goroutine continues only now, in the next invocation", "── frozen")
	demotest.InOrder(t, second, "cleanup begins", "── frozen", "── gets SIGKILL", "its cleanup is lost",
		"invocation 2", "no hooks")
	_, last, _ := strings.Cut(second, "── frozen")
	if strings.Contains(last, "cleanup done") {
		t.Errorf("the last cleanup continued after the invocation:\n%s", r.Stdout)
	}
	demotest.InOrder(t, read(t, report), "What happens after the response", "merely starts a goroutine", "no hooks")
}

func TestFunctionWithoutHooks(t *testing.T) {
	t.Parallel()
	r := demotest.Run(t, "-function", "testdata/functions/fails", "-event", `"no hooks"`, "-idle", "0s",
		"-invocations", "1",
		"-env", "STAGE=test=1", "-env", "STAGE=last")
	r.Succeeded(t)
	demotest.InOrder(t, r.Stdout, "STAGE=last", "has the response after", "no hooks", "shutdown hooks failed: 1")
}

// What is drawn depends on what the library says of hooks that it abandons.
func TestTimeout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	event, report := filepath.Join(dir, "event.json"), filepath.Join(dir, "report.html")
	if err := os.WriteFile(event, []byte(`{"sleepMs":60000}`), 0o666); err != nil {
		t.Fatal(err)
	}
	r := demotest.Run(t, "-event", event, "-timeout", "1s", "-invocations", "1", "-idle", "0s", "-o", report)
	r.Succeeded(t, report)
	demotest.InOrder(t, r.Stdout, "has the response after", "hook abandoned", "REPORT ",
		"hooks abandoned: 2")
	page := read(t, report)
	demotest.InOrder(t, page, `<div class="bar hook failed`, `data-name="handle.func2, abandoned"`,
		`<div class="bar event failed`, `data-name="handle.func1, never started"`)
	if got := strings.Count(page, `<div class="bar hook`); got != 1 {
		t.Errorf("got %d bars of hooks, want one for the hook that ran", got)
	}
}

// What is not on a terminal can be read in full somewhere.
func TestALongEventFromStandardInput(t *testing.T) {
	t.Parallel()
	event := `{"sleepMs":1,"text":"` + strings.Repeat("x", 5000) + `"}`
	cmd := demotest.Command(t, "-event", "-", "-invocations", "1", "-idle", "0s")
	cmd.Stdin = strings.NewReader(event + "\n")
	r := demotest.RunCommand(t, cmd)
	r.Succeeded(t)
	demotest.InOrder(t, r.Stdout, "invokes the function with "+event, "has the response after", event)
}

func TestRecordsForMachines(t *testing.T) {
	t.Parallel()
	r := demotest.Run(t, brief("-json")...)
	r.Succeeded(t)
	var types []string
	for line := range strings.Lines(r.Stdout) {
		var got struct {
			Type, Kind, Source, Remark, Reason string
			ResponseMs, HooksMs, SinceStartMs  float64
			BilledMs, Hooks, Failures          int
			Payload                            json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		switch got.Type {
		case "entry":
			if got.Kind == "" || got.Source == "" {
				t.Errorf("an entry has no kind or no source: %s", line)
			}
			if (got.Kind == "responded") != (got.ResponseMs > 0) {
				t.Errorf("got a time that the caller waited of %v: %s", got.ResponseMs, line)
			}
			if got.Remark != "" {
				types = append(types, "remark on "+got.Kind)
			}
		case "invocation":
			if got.ResponseMs <= 0 || got.HooksMs < 50 || got.BilledMs < 50 || got.Hooks != 2 ||
				string(got.Payload) != `{"sleepMs":50}` {
				t.Errorf("an invocation has wrong figures: %s", line)
			}
			types = append(types, got.Type)
		case "shutdown":
			if got.Reason != "spindown" || got.SinceStartMs < 100 {
				t.Errorf("the shutdown has wrong figures: %s", line)
			}
			types = append(types, got.Type)
		default:
			t.Errorf("unknown type: %s", line)
		}
	}
	got := strings.Join(types, ", ")
	want := "remark on responded, remark on line, invocation, invocation, remark on line, shutdown"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Nothing has to be built then. A function that calls AWS needs variables that are
// reserved on Lambda.
func TestExecutable(t *testing.T) {
	t.Parallel()
	built := lambdaenvtest.Build(t, "function")
	cmd := demotest.Command(t, brief("-function", built, "-without-layer", "-env", "AWS_REGION=eu-west-1")...)
	r := demotest.RunCommand(t, with(cmd, "", "PATH="+t.TempDir()))
	r.Failed(t, 0, "demo: AWS_REGION is for this machine only: on Lambda it is reserved, and the function has its own "+
		"region and role\n")
	demotest.InOrder(t, r.Stdout, "Running the executable "+built+" without the layer", "second on complete",
		"bye y'all!")
}

// The caller waits for a cold start after a reset, too.
func TestWhatTheCallerWaits(t *testing.T) {
	t.Parallel()
	r := demotest.Run(t, "-function", "testdata/functions/fails", "-event", `"exit"`, "-idle", "0s", "-json")
	r.Succeeded(t)
	called, waited := 0.0, 0
	for line := range strings.Lines(r.Stdout) {
		var got struct {
			Kind                     string
			SinceStartMs, ResponseMs float64
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		switch got.Kind {
		case "called":
			called = got.SinceStartMs
		case "responded":
			waited++
			if least := got.SinceStartMs - called - 0.01; got.ResponseMs < least { // rounded
				t.Errorf("got %.3f ms until the response, want no less than the %.3f ms between call and response",
					got.ResponseMs, least)
			}
		}
	}
	if waited != 2 {
		t.Errorf("got %d responses, want 2", waited)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
