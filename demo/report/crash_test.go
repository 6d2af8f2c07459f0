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
		time.Second: "init 0-10; invocation 10.1-12.3; frozen, then reset 12.4-1012.4; reset 1012.4-1012.4 failed",
		ms / 20:     "init 0-10; invocation 10.1-12.3; reset 12.4-12.4 failed",
	} {
		s := newStory().cold().call().idle(0, 0).after(idle).tell(lambdaenv.Function, lambdaenv.Exited, "signal: killed")
		s.tell(lambdaenv.Platform, lambdaenv.Reset, "failure").tell(lambdaenv.Platform, lambdaenv.Thawed, "")
		got := bars(page(t, s.Recording()), "platform")
		if got = strings.ReplaceAll(got, "12.45", "12.4"); got != want {
			t.Errorf("frozen for %v: got\n%s\nwant\n%s", idle, got, want)
		}
	}
}

// Ctrl-C of the demo kills an environment as it is.
func TestKilledWhileFrozen(t *testing.T) {
	s := newStory().cold().call().idle(0, 0).after(time.Second).tell(lambdaenv.Function, lambdaenv.Signaled, "SIGKILL")
	s.after(ms).tell(lambdaenv.Function, lambdaenv.Exited, "signal: killed")
	html := page(t, s.Recording())
	if got, want := bars(html, "platform"), "init 0-10; invocation 10.1-12.3; frozen, then killed 12.4-1012.4"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := bars(html, "function"), "init 0-10; handler and answer 10.1-12.1; SIGKILL 1012.4-1013.4"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestKilledInAHook(t *testing.T) {
	s := newStory().cold().call().after(ms).tell(lambdaenv.Function, lambdaenv.Signaled, "SIGKILL")
	s.after(ms).tell(lambdaenv.Function, lambdaenv.Exited, "signal: killed")
	html := page(t, s.Recording())
	for lane, want := range map[string]string{
		"platform":  "init 0-10; invocation 10.1-13.2",
		"function":  "init 0-10; handler and answer 10.1-12.1; SIGKILL 13.2-14.2",
		"hooks":     "hooks, lost 12.1-13.2 failed",
		"extension": "init 0-10; awake 10.1-13.2",
	} {
		if got := bars(html, lane); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", lane, got, want)
		}
	}
	if !strings.Contains(html, "the environment was killed, without a shutdown") {
		t.Error("the page does not say how it ended")
	}
}

// After a reset there is nothing to shut down, and no time before that.
func TestReset(t *testing.T) {
	s := newStory().cold().call().tell(lambdaenv.Function, lambdaenv.Exited, "signal: killed").tell(lambdaenv.Platform, lambdaenv.Reset, "failure")
	s.Invoked(&lambdaenv.Response{RequestID: s.request(), Latency: 2 * ms}, &lambdaenv.Report{RequestID: s.request(), Status: "error"})
	s.after(time.Second).tell(lambdaenv.Platform, lambdaenv.ShutdownBegan, "spindown").tell(lambdaenv.Platform, lambdaenv.ShutdownDone, "")
	s.Ended(&lambdaenv.ShutdownReport{Reason: "spindown"})
	html := page(t, s.Recording())
	for _, want := range []string{"error after the response, environment reset", "<td>unknown</td>", "no environment is left to shut down: the reset ended it"} {
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
