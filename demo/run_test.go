package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// brief makes hooks and idleness short.
func brief(args ...string) []string {
	return append([]string{"-event", `{"sleepMs":50}`, "-idle", "10ms"}, args...)
}

func TestLog(t *testing.T) {
	tests := map[string][]string{
		"layer.txt":         brief(),
		"once.txt":          brief("-invocations", "1"),
		"without-layer.txt": brief("-without-layer", "-invocations", "1"),
		"json-format.txt":   brief("-log-format", "json", "-invocations", "1"),
		"hook-fails.txt":    {"-function", "testdata/functions/fails", "-event", `"ok"`, "-idle", "0s", "-invocations", "1"},
		"error.txt":         {"-function", "testdata/functions/fails", "-event", `"error"`, "-idle", "0s"},
		"wrong-event.txt":   {"-function", "testdata/functions/fails", "-event", `7`, "-idle", "0s", "-invocations", "1"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			r := demo(t, "", args...)
			r.succeeded(t)
			golden(t, name, normal(r.stdout))
		})
	}
}

// The stack of a panic is read line by line.
func TestHookThatPanics(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		r := demo(t, "", "-function", "testdata/functions/fails", "-event", `"panic"`, "-idle", "0s", "-invocations", "1", "-log-format", format)
		r.succeeded(t)
		inOrder(t, r.stdout, "hook failed", "out of ink", "\n", "  main.outOfInk()\n", "fails/main.go:")
		if strings.Contains(r.stdout, `\n`) {
			t.Errorf("got a stack in one line:\n%s", r.stdout)
		}
	}
}

func TestPlainFunctionIsFrozenInTheMiddle(t *testing.T) {
	// Long enough for a slow machine to freeze it in time, and to thaw it late.
	r := demo(t, "", "-plain", "-event", `{"sleepMs":2500}`, "-idle", "3s")
	r.succeeded(t)
	inOrder(t, r.stdout,
		"cleanup begins",
		"← response returned here, the goroutine is still at work",
		"REPORT ", "← duration ends here: nobody waits for the goroutine",
		"── frozen", "← frozen in the middle of its cleanup",
		"── invokes the function")
	_, second, _ := strings.Cut(r.stdout, "← frozen in the middle of its cleanup")
	inOrder(t, second, "cleanup done", "← only now, in the next invocation, could it go on", "── frozen")
	inOrder(t, second, "cleanup begins", "── frozen", "── gets SIGKILL", "its cleanup is lost", "invocation 2", "no hooks")
	_, last, _ := strings.Cut(second, "── frozen")
	if strings.Contains(last, "cleanup done") {
		t.Errorf("the last cleanup went on after the invocation:\n%s", r.stdout)
	}
}

func TestFunctionWithoutHooks(t *testing.T) {
	r := demo(t, "", "-function", "testdata/functions/fails", "-event", `"no hooks"`, "-idle", "0s", "-invocations", "1", "-env", "STAGE=test=1", "-env", "STAGE=last")
	r.succeeded(t)
	inOrder(t, r.stdout, "STAGE=last", "has the response after", "no hooks", "shutdown hooks failed: ", " (main.go:")
	if strings.Contains(r.stdout, "before cleanup begins") {
		t.Errorf("got a remark about hooks, and there are none:\n%s", r.stdout)
	}
}

func TestTimeout(t *testing.T) {
	dir := t.TempDir()
	event := filepath.Join(dir, "event.json")
	if err := os.WriteFile(event, []byte(`{"sleepMs":60000}`), 0o666); err != nil {
		t.Fatal(err)
	}
	r := demo(t, "", "-event", event, "-timeout", "1s", "-invocations", "1", "-idle", "0s")
	r.succeeded(t)
	inOrder(t, r.stdout, "has the response after", "hook abandoned", "REPORT ", "hooks abandoned: handle.func1 (main.go:", "), handle.func2 (main.go:")
}

func TestEventFromStandardInput(t *testing.T) {
	r := demo(t, `{"sleepMs": 1}`+"\n", "-event", "-", "-invocations", "1", "-idle", "0s")
	r.succeeded(t)
	inOrder(t, r.stdout, `invokes the function with {"sleepMs": 1}`)
}

func TestRecordsForMachines(t *testing.T) {
	r := demo(t, "", brief("-json")...)
	r.succeeded(t)
	var types []string
	for line := range strings.Lines(r.stdout) {
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
			if got.ResponseMs <= 0 || got.HooksMs < 50 || got.BilledMs < 50 || got.Hooks != 2 || string(got.Payload) != `{"sleepMs":50}` {
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

func TestExecutable(t *testing.T) {
	tmp := t.TempDir()
	built, err := builder{tmp: tmp}.buildFunction(t.Context(), "", examplePackage)
	if err != nil {
		t.Fatal(err)
	}
	// Nothing has to be built then.
	t.Setenv("PATH", t.TempDir())
	r := execute("", brief("-function", built, "-without-layer")...)
	if r.code != 0 || r.stderr != "" {
		t.Fatalf("got exit status %d, stderr %q; want 0 and nothing", r.code, r.stderr)
	}
	inOrder(t, r.stdout, "Running the executable "+built, "second on complete", "bye y'all!")
}

func TestSideBySide(t *testing.T) {
	var wg sync.WaitGroup
	results := make([]result, 2)
	for i := range results {
		wg.Go(func() { results[i] = execute("", brief()...) })
	}
	wg.Wait()
	for _, r := range results {
		r.succeeded(t)
		golden(t, "layer.txt", normal(r.stdout))
	}
}

// The caller waits for a cold start after a reset, too.
func TestWhatTheCallerWaits(t *testing.T) {
	r := demo(t, "", "-function", "testdata/functions/fails", "-event", `"exit"`, "-idle", "0s", "-json")
	r.succeeded(t)
	called, waited := 0.0, 0
	for line := range strings.Lines(r.stdout) {
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
				t.Errorf("got %.3f ms until the response, want no less than the %.3f ms between call and response", got.ResponseMs, least)
			}
		}
	}
	if waited != 2 {
		t.Errorf("got %d responses, want 2", waited)
	}
}
