package postinvoketest

import (
	"testing/synctest"
	"time"
)

// checkClock fails a test that has called New outside of the bubble in which it
// now invokes something: what the two share is closed at the end of the test,
// outside, and Go ends the process for that.
func (e *Environment) checkClock() {
	e.t.Helper()
	if time.Now().Before(e.made.AddDate(-1, 0, 0)) { // a bubble begins in the year 2000
		e.t.Fatal("postinvoketest: New was called outside of this bubble of testing/synctest: call it inside, with the bubble's t")
	}
}

// inBubble reports whether it is called in a bubble of testing/synctest, which
// only Wait can tell, with a panic.
func inBubble() (yes bool) {
	defer func() { yes = recover() == nil }()
	synctest.Wait()
	return true
}

// awaitLate returns when the abandoned hooks have returned. It gives up after a
// day of the bubble's time, lest one that never ends keep the test from telling
// so.
func (e *Environment) awaitLate() {
	for minutes := 0; e.late.Load() > 0 && minutes < 24*60; minutes++ {
		time.Sleep(time.Minute)
	}
}
