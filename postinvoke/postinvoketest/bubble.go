package postinvoketest

import (
	"testing/synctest"
	"time"
)

// checkClock fails a test that has called New outside of the bubble in which it
// now invokes something. Their channels are of the bubble, and the cleanup of
// New runs outside, where using them ends the process.
func (e *Environment) checkClock() {
	e.t.Helper()
	if time.Now().Before(e.created.AddDate(-1, 0, 0)) { // a bubble begins in the year 2000
		e.t.Fatal("postinvoketest: New was called outside of this bubble of testing/synctest: " +
			"call it inside, with the bubble's t")
	}
}

// inBubble reports whether it is called in a bubble of testing/synctest. Only
// Wait shows that: it panics outside.
func inBubble() (yes bool) {
	defer func() { yes = recover() == nil }()
	synctest.Wait()
	return true
}

// awaitLateHooks returns when the abandoned hooks have returned. It gives up
// after a day of the bubble's time, so that a hook that never returns does not
// hide the failure.
func (e *Environment) awaitLateHooks() {
	for minutes := 0; e.late.Load() > 0 && minutes < 24*60; minutes++ {
		time.Sleep(time.Minute)
	}
}
