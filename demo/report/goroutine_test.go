package report_test

import (
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// goroutineOnly is a run of demo/goroutine.
func goroutineOnly() *scenario {
	s := newScenario()
	s.Recorder = recording.NewRecorder(recording.About{Began: s.began, GoroutineOnly: true})
	s.observe(lambdaenv.Platform, lambdaenv.InitStarted, "init").after(10*ms).observe(lambdaenv.Platform,
		lambdaenv.InitDone, "")
	return s
}

// What a freeze does to a goroutine is seen.
func TestAGoroutineThatIsFrozen(t *testing.T) {
	s := goroutineOnly()
	s.call().line(lambdaenv.Function, "cleanup begins").after(100*ms).idle(0, 0).after(time.Second)
	s.call().line(lambdaenv.Function, "cleanup done after 1.2s instead of 0.5s").line(lambdaenv.Function,
		"cleanup begins").idle(0, 0).after(time.Second)
	s.observe(lambdaenv.Platform, lambdaenv.ShutdownBegan, "spindown").observe(lambdaenv.Function, lambdaenv.Signaled,
		"SIGKILL")
	s.after(ms).observe(lambdaenv.Function, lambdaenv.Exited, "signal: killed").observe(lambdaenv.Platform,
		lambdaenv.ShutdownDone, "")
	html := page(t, s.Recording())
	wantBars(t, html, "goroutine",
		"cleanup, cut off 12.2-112.4 failed; cleanup, done 1112.5-1114.6; cleanup, lost 1114.6-1114.8 failed")
	wantBars(t, html, "platform",
		"init 0-10; invocation 10.1-112.3; frozen 112.4-1112.5; invocation 1112.5-1114.7; "+
			"frozen 1114.8-2114.8; shutdown 2114.8-2115.8")
	wantBars(t, html, "hooks", "")
	for _, want := range []string{">cleanup, cut off after 100 ms</span>", ">SIGKILL 1.00 ms</span>",
		"The function&#39;s process is killed: nothing of it runs any more."} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not have %s", want)
		}
	}
}

// Those that run at the same time do not hide each other.
func TestGoroutinesThatPileUp(t *testing.T) {
	s := goroutineOnly()
	for range 3 {
		s.call().line(lambdaenv.Function, "cleanup begins").after(ms).idle(0, 0).after(time.Second)
	}
	html := page(t, s.Recording())
	if got := strings.Count(html, `data-name="cleanup, cut off"`); got != 6 {
		t.Errorf("got %d bars that are cut off, want 1, 2 and 3", got)
	}
	if got := rowsOf(html); got < 3 {
		t.Errorf("got goroutines in %d rows, want 3 or more", got)
	}
}
