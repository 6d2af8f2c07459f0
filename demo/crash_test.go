package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/infra/gobuild"
)

// The event with which a hook of the example ends its process shows the black
// box at work, in the log and in the report.
func TestAHookThatEndsItsProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	r := demo(t, "", "-event", `{"crash":true,"sleepMs":50}`, "-idle", "10ms", "-o", path)
	r.wrote(t, path)
	lost := []string{"second on stack", "── ended: exit status 1", "── reset after a failure",
		`"postinvoke: hooks lost"`, "phase=hooks", `hook="main.handle.func2 (`, "running=1 notStarted=1", `waiting="main.handle.func1 (`,
		"← the layer says what was lost with the process", "Status: error"}
	inOrder(t, r.stdout, append(lost, "invocation 1", "2 lost", "lost in the middle: handle.func2 (main.go:", "lost before it started: handle.func1 (main.go:",
		"invocation 2", "2 lost", "the reset ended it, shutdown function lost before it started: main.func1 (main.go:")...)
	for _, never := range []string{"second on complete", "first on stack", "bye y'all!"} {
		if strings.Contains(r.stdout, never) {
			t.Errorf("got %q, of which the process did not live to see the end:\n%s", never, r.stdout)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, string(page), "<h1>Hooks lost with their process</h1>", "<dd>4 hooks</dd>", `data-name="handle.func2, lost"`,
		`data-name="handle.func1, never started"`, `data-name="logs what was lost"`, "<td>2 lost</td>")
}

// However a process ends, the demo says which hooks were lost with it; without
// the layer it says that nothing tells, and why.
func TestHooksThatAProcessTakesWithIt(t *testing.T) {
	function := filepath.Join(t.TempDir(), "built", "fails")
	program := gobuild.Program{Dir: "testdata/functions/fails", Host: true}
	if err := gobuild.Build(t.Context(), program, filepath.Dir(function), filepath.Base(function)); err != nil {
		t.Fatal(err)
	}
	const waiting = "lost before it started: flush (main.go:N), audit (main.go:N)"
	const ended = "cold start, its init before the call, error, environment reset, "
	const answered = "cold start, its init before the call, error after the response, environment reset, "
	const unknown = "unknown: without the layer nothing tells what became of hooks"
	for _, test := range []struct{ event, layer, without string }{
		{"exit", "2 lost: " + ended + waiting, unknown},
		{"goroutine panics", "2 lost: " + ended + waiting, unknown},
		// aws-lambda-go ends the process when Lambda refuses the response: hooks run until then.
		{"large", "lost: " + ended, unknown},
		{"hook exits", "4 lost: " + answered + "lost in the middle: exit (main.go:N), ping (main.go:N), " + waiting, unknown},
		{"hook is killed", "1 lost: " + answered + "lost in the middle: kill (main.go:N)", unknown},
		{"handler panics", "ms: " + ended + "hooks ran before the error", "ms: hooks ran before the error"},
	} {
		t.Run(test.event, func(t *testing.T) {
			for flag, want := range map[string]string{"": test.layer, "-without-layer": test.without} {
				event, _ := json.Marshal(test.event)
				args := []string{"-function", function, "-event", string(event), "-idle", "0s", "-invocations", "1"}
				if flag != "" {
					args = append(args, flag)
				}
				r := demo(t, "", args...)
				r.succeeded(t)
				_, summary, _ := strings.Cut(r.stdout, "hooks took  billed duration\n")
				took, notes, _ := strings.Cut(want, ": ")
				inOrder(t, places.ReplaceAllString(summary, "(main.go:N)"), "invocation 1 ", took+"  ", " ms  ", notes, "the reset ended it")
				if strings.Contains(r.stdout, "lambda was shut down") {
					t.Errorf("got a shutdown of what the reset had ended:\n%s", r.stdout)
				}
			}
		})
	}
}
