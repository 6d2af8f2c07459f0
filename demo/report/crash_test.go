package report_test

import (
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// A process that ends in a frozen environment ends that; one that had only just
// been frozen never was.
func TestACrashWhileFrozen(t *testing.T) {
	for idle, want := range map[time.Duration]string{
		time.Second: "init 0-10; invocation 10.1-12.3; frozen 12.4-1012.4; reset 1012.4-1012.4 failed",
		ms / 20:     "init 0-10; invocation 10.1-12.3; reset 12.4-12.4 failed",
	} {
		s := newScenario().cold().call().idle(0, 0).after(idle).observe(lambdaenv.Function, lambdaenv.Exited,
			"signal: killed")
		s.observe(lambdaenv.Platform, lambdaenv.Reset, "failure").observe(lambdaenv.Platform, lambdaenv.Thawed, "")
		got := bars(page(t, s.Recording()), "platform")
		if got = strings.ReplaceAll(got, "12.45", "12.4"); got != want {
			t.Errorf("frozen for %v: got\n%s\nwant\n%s", idle, got, want)
		}
	}
}

// Ctrl-C of the demo kills an environment as it is.
func TestKilledWhileFrozen(t *testing.T) {
	s := newScenario().cold().call().idle(0, 0).after(time.Second).observe(lambdaenv.Function, lambdaenv.Signaled,
		"SIGKILL")
	s.after(ms).observe(lambdaenv.Function, lambdaenv.Exited, "signal: killed")
	html := page(t, s.Recording())
	if got, want := bars(html,
		"platform"), "init 0-10; invocation 10.1-12.3; frozen 12.4-1012.4"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := bars(html,
		"function"), "init 0-10; handler and answer 10.1-12.1; SIGKILL 1012.4-1013.4 failed"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestKilledInAHook(t *testing.T) {
	s := newScenario().cold().call().after(ms).observe(lambdaenv.Function, lambdaenv.Signaled, "SIGKILL")
	s.after(ms).observe(lambdaenv.Function, lambdaenv.Exited, "signal: killed")
	html := page(t, s.Recording())
	for lane, want := range map[string]string{
		"platform":  "init 0-10; invocation 10.1-14.2 open",
		"function":  "init 0-10; handler and answer 10.1-12.1; SIGKILL 13.2-14.2 failed",
		"hooks":     "hooks run 12.1-13.2",
		"extension": "init 0-10",
	} {
		if got := bars(html, lane); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", lane, got, want)
		}
	}
	if !strings.Contains(html, "the environment was not shut down") {
		t.Error("the page does not say how it ended")
	}
}

// After a reset there is nothing to shut down, and no time before that.
func TestReset(t *testing.T) {
	s := newScenario().coldWithoutLayer().call().crash()
	s.after(time.Second).observe(lambdaenv.Platform, lambdaenv.ShutdownBegan, "spindown").observe(lambdaenv.Platform,
		lambdaenv.ShutdownDone, "")
	s.Ended(&lambdaenv.ShutdownReport{Reason: "spindown"})
	html := page(t, s.Recording())
	wantBars(t, html, "platform", "init 0-10; invocation 10.1-12.2; reset 12.2-12.2 failed")
	for _, want := range []string{"error after the response, environment reset", "<td>unknown</td>",
		"no environment is left to shut down: the reset ended it"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, bad := range []string{"idle before the shutdown", "lambda was shut down"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page says %q", bad)
		}
	}
}

// Hooks of a handler that panics run before the error is reported: nothing of
// them is lost, and nothing comes after the response.
func TestAHandlerThatPanics(t *testing.T) {
	s := newScenario().cold().invoke().hook("main.flush (a.go:2)", 200*ms)
	s.line(lambdaenv.Function,
		`level=INFO message="postinvoke: hooks finished" outcome=panic hooks=1 hooksMs=200 requestId=`+s.request())
	html := page(t, s.fails().crash(boxRead).Recording())
	wantBars(t, html, "hooks", "flush 10.1-210.1")
	wantBars(t, html, "function",
		"init 0-10; handler and answer 10.1-210.1 failed; ended 210.1-210.1 failed")
	for _, want := range []string{"hooks ran before the error", "<td>200.0 ms</td>"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, bad := range []string{"of hooks after that", "lost:", "after the response,"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page says %q", bad)
		}
	}
}

// What a process takes with it is known from the extension's records only.
func TestWhatAProcessTakesWithIt(t *testing.T) {
	const running, waiting = `hook="main.flush (a.go:2)"`, `waiting="main.b (a.go:3), main.a (a.go:4)"`
	inHooks := func(s *scenario) *scenario { return s.call().hook("main.first (a.go:1)", ms).after(100 * ms) }
	inHandler := func(s *scenario) *scenario { return s.invoke().after(5 * ms) }
	const first = "first 12.2-13.2"
	tests := []struct {
		name      string
		until     func(*scenario) *scenario
		records   []string // of the extension; its record about lost hooks without the request
		lost      string
		hooks     string
		extension string
		took      string
		says      string
	}{
		{"in a hook", inHooks, []string{boxRead}, `phase=hooks running=1 notStarted=2 ` + running + " " + waiting,
			first + "; flush, lost 13.2-113.2 failed; b, never started 113.2-113.2 failed; " +
				"a, never started 113.2-113.2 failed", "shutdown 113.2-114.2",
			"3 lost", "lost in the middle: flush (a.go:2), lost before it started: b (a.go:3), a (a.go:4)"},
		{"in the handler", inHandler, []string{boxRead}, `phase=handler running=0 notStarted=2 ` + waiting,
			"b, never started 15.1-15.1 failed; a, never started 15.1-15.1 failed",
			"shutdown 15.1-16.1", "2 lost", "lost before it started"},
		{"in the handler, a hook of Go", inHandler, []string{boxRead},
			`phase=handler running=1 notStarted=0 ` + running,
			"flush, lost 15.1-15.1 failed", "shutdown 15.1-16.1", "1 lost", "lost in the middle: flush"},
		{"many, of which not all have names", inHandler, []string{boxRead}, `phase=handler running=2 notStarted=70 ` +
			running + " " + waiting,
			"flush, lost 15.1-15.1 failed; 1 hook, lost 15.1-15.1 failed; b, never started 15.1-15.1 failed; " +
				"a, never started 15.1-15.1 failed; 68 hooks, never started 15.1-15.1 failed",
			"shutdown 15.1-16.1",
			"72 lost",
			"lost in the middle: flush (a.go:2), 1 more, lost before it started: b (a.go:3), a (a.go:4), 68 more"},
		{"nothing is lost", inHandler, []string{boxRead}, "", "", "shutdown 15.1-16.1", "no hooks",
			"error after the response"},
		{"the black box is not read", inHooks, []string{boxNotRead}, "", first + "; hooks unknown 13.2-113.2",
			"shutdown 113.2-114.2",
			"unknown", "only the layer could log what became of hooks"},
		{"the extension is gone, too", inHooks, nil, "", first + "; hooks unknown 13.2-113.2", "", "unknown",
			"only the layer could log"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := test.until(newScenario().cold())
			if test.lost != "" {
				test.records = append([]string{s.lostRecord(test.lost)}, test.records...)
			}
			html := page(t, s.crash(test.records...).Recording())
			wantBars(t, html, "hooks", test.hooks)
			wantBars(t, html, "extension", strings.TrimSuffix("init 0-10; "+test.extension, "; "))
			for _, want := range []string{"<td>" + test.took + "</td>", test.says} {
				if !strings.Contains(html, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
		})
	}
}

// Without the layer no record accounts for hooks, and no bar does.
func TestWithoutTheLayerHooksAreUnknown(t *testing.T) {
	for name, test := range map[string]struct {
		scenario *scenario
		want     string
	}{
		"after the response": {newScenario().coldWithoutLayer().call().after(100 * ms), "hooks unknown 12.1-112.2"},
		"in the handler":     {newScenario().coldWithoutLayer().invoke().after(5 * ms), "hooks unknown 15.0995-15.1"},
	} {
		html := page(t, test.scenario.crash().Recording())
		if got := bars(html, "hooks"); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
		for _, want := range []string{"<td>unknown</td>",
			"only the layer could log what became of hooks"} {
			if !strings.Contains(html, want) {
				t.Errorf("%s: the page does not say %q", name, want)
			}
		}
	}
	// A function without the library has no hooks.
	s := newScenario()
	s.observe(lambdaenv.Platform, lambdaenv.InitStarted, "init").after(10*ms).observe(lambdaenv.Platform,
		lambdaenv.InitDone, "")
	wantBars(t, page(t, s.call().after(100*ms).crash().Recording()), "hooks", "")
}

// Shutdown functions are lost with their process, too, regardless of what it was doing.
func TestShutdownFunctionsThatAreLost(t *testing.T) {
	const lost = `level=ERROR message="postinvoke: hooks lost" phase=shutdown running=0 notStarted=1 ` +
		`waiting="main.bye (a.go:9)"`
	s := newScenario().cold().call().crash(lost, boxRead)
	s.observe(lambdaenv.Platform, lambdaenv.ShutdownBegan, "spindown").observe(lambdaenv.Platform,
		lambdaenv.ShutdownDone, "").Ended(&lambdaenv.ShutdownReport{})
	html := page(t, s.Recording())
	wantBars(t, html, "hooks", "bye, never started 12.2-12.2 failed")
	if want := "the reset ended it, shutdown function lost before it started: bye (a.go:9)"; !strings.Contains(html,
		want) {
		t.Errorf("the page does not say %q", want)
	}
}

// On AWS the log does not tell when a process ended, nor of any reset but by the
// extension's record.
func TestLostOnAWS(t *testing.T) {
	s := newScenario().cold().invoke().after(5 * ms)
	s.line(lambdaenv.Extension, s.lostRecord(`phase=handler running=0 notStarted=1 waiting="main.a (a.go:4)"`))
	s.line(lambdaenv.Extension, boxRead).observe(lambdaenv.Platform, lambdaenv.Reset, "failure").fails()
	html := page(t, s.Recording())
	wantBars(t, html, "hooks", "a, never started 15.1-15.1 failed")
	wantBars(t, html, "extension", "init 0-10; shutdown 15.1-15.1")
}
