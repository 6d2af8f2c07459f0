package report_test

import (
	"testing"
	"time"
)

// A shutdown that waits for hooks comes right after them: the environment was
// not frozen in between.
func TestAShutdownRightAfterHooks(t *testing.T) {
	for idle, want := range map[time.Duration]string{
		time.Second: "init 0-10; invocation 10.1-112.3; frozen, then thawed 112.4-1112.4; shutdown 1112.4-1116.5; " +
			"thawed 1112.4-1112.4",
		ms: "init 0-10; invocation 10.1-112.3; shutdown 113.4-117.5",
	} {
		s := newScenario().cold().call().hook("main.a (a.go:1)", 100*ms).idle(1, 100*ms).after(idle)
		if got := bars(page(t, s.end().Recording()), "platform"); got != want {
			t.Errorf("idle for %v: got\n%s\nwant\n%s", idle, got, want)
		}
	}
}
