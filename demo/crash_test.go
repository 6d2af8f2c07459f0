package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/demo/demotest"
)

// The event with which a hook of the example ends its process shows the black
// box at work, in the log and in the report.
func TestAHookThatEndsItsProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.html")
	r := demotest.Run(t, "-event", `{"crash":true,"sleepMs":50}`, "-idle", "10ms", "-o", path)
	r.Succeeded(t, path)
	lost := []string{"second on stack", "── ended: exit status 1", "── reset after a failure",
		`"postinvoke: hooks lost"`, "phase=hooks", `hook="main.handle.func2 (`, "running=1 notStarted=1",
		`waiting="main.handle.func1 (`,
		"↑ the layer logs what was lost with the process", "Status: error"}
	demotest.InOrder(t, r.Stdout, append(lost, "invocation 1", "2 lost",
		"lost in the middle: handle.func2 (main.go:", "lost before it started: handle.func1 (main.go:",
		"invocation 2", "2 lost", "the reset ended it, shutdown function lost before it started: main.func1 "+
			"(main.go:")...)
	for _, never := range []string{"second on complete", "first on stack", "bye y'all!"} {
		if strings.Contains(r.Stdout, never) {
			t.Errorf("got %q, of which the process did not live to see the end:\n%s", never, r.Stdout)
		}
	}
	demotest.InOrder(t, read(t, path), "<dd>4 hooks</dd>",
		`data-name="handle.func2, lost"`,
		`data-name="handle.func1, never started"`, `data-lane="extension"`, "<td>2 lost</td>")
}

// However a process ends, the demo says which hooks were lost with it; without
// the layer the report has that nothing is logged, and why.
func TestHooksThatAProcessTakesWithIt(t *testing.T) {
	t.Parallel()
	const waiting = "lost before it started: flush (main.go:N), audit (main.go:N)"
	const ended = "cold start, its init before the call, error, environment reset, "
	const answered = "cold start, its init before the call, error after the response, environment reset, "
	for _, test := range []struct{ event, flag, want string }{
		{"exit", "", "2 lost: " + ended + waiting},
		{"exit", "-without-layer", "unknown: only the layer could log what became of hooks"},
		// aws-lambda-go ends the process when Lambda refuses the response: hooks run until then.
		{"large", "", "lost: " + ended},
		{"hook exits", "", "4 lost: " + answered + "lost in the middle: exit (main.go:N), ping (main.go:N), " + waiting},
		{"handler panics", "", "ms: " + ended + "hooks ran before the error"},
		{"handler panics", "-without-layer", "ms: hooks ran before the error"},
	} {
		t.Run(test.event+test.flag, func(t *testing.T) {
			t.Parallel()
			event, _ := json.Marshal(test.event)
			args := []string{"-function", "testdata/functions/fails", "-event", string(event), "-idle", "0s",
				"-invocations", "1"}
			if test.flag != "" {
				args = append(args, test.flag)
			}
			r := demotest.Run(t, args...)
			r.Succeeded(t)
			_, summary, _ := strings.Cut(r.Stdout, "hooks took  billed duration\n")
			took, notes, _ := strings.Cut(test.want, ": ")
			demotest.InOrder(t, places.ReplaceAllString(summary, "(main.go:N)"), "invocation 1 ", took+"  ",
				" ms  ", notes, "the reset ended it")
			if strings.Contains(r.Stdout, "lambda was shut down") {
				t.Errorf("got a shutdown of what the reset had ended:\n%s", r.Stdout)
			}
		})
	}
}
