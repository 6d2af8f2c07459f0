package gate_test

import (
	"testing"
	"testing/synctest"
	"time"

	"example.com/postinvoke/internal/gate"
)

// beginUnknown is a call whose request id is not known: its context is not
// Lambda's.
func beginUnknown(g *gate.Gate) gate.Entry { return g.Begin("", (*int)(nil), time.Time{}) }

// A function may call its wrapped handler during init, to warm up.
func TestACallOutsideOfAnyInvocationReleasesNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		beginUnknown(g).Discard()
		for _, inv := range invocations(g, "a", "b", "c") {
			go func() {
				time.Sleep(time.Second)
				e := inv.begin()
				if e.Released() {
					t.Errorf("%s is released before it has begun", inv.requestID)
				}
				time.Sleep(time.Second)
				e.Done()
			}()
			began := time.Now()
			if got := inv.hold(); got != gate.Done || time.Since(began) != 2*time.Second {
				t.Errorf("%s: got %q after %v, want it to be held until it is done", inv.requestID, got, time.Since(began))
			}
			beginUnknown(g).Discard() // between invocations
		}
	})
}

// One that is still at work belongs to the invocation that comes.
func TestACallOutsideOfAnyInvocationIsWaitedForInTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		outside := beginUnknown(g)
		inv := invocations(g, "a")[0]
		go func() {
			inv.begin().Done()
			time.Sleep(time.Second)
			outside.Discard()
		}()
		began := time.Now()
		if got := inv.hold(); got != gate.Done || time.Since(began) != time.Second {
			t.Errorf("got %q after %v", got, time.Since(began))
		}
	})
}

// If it ends while the event is still being decoded, it does not count as the handler
// of that invocation.
func TestACallOutsideThatEndsInAnInvocationDoesNotReleaseIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		outside := beginUnknown(g)
		inv := invocations(g, "a")[0]
		go func() {
			time.Sleep(time.Second)
			outside.Discard()
			time.Sleep(500 * time.Millisecond)
			e := inv.begin()
			if e.Released() {
				t.Error("the invocation is released before it has begun")
			}
			time.Sleep(time.Second)
			e.Done()
		}()
		began := time.Now()
		if got := inv.hold(); got != gate.Done || time.Since(began) != 2500*time.Millisecond {
			t.Errorf("got %q after %v, want it to be held until it is done", got, time.Since(began))
		}
		synctest.Wait()
	})
}

// A handler around the wrapped one takes its time, and passes a context that is
// not Lambda's: each call comes after its invocation was released, and must
// not count for the next one.
func TestAnUnknownCallThatComesTooLateBelongsToTheInvocationThatWasReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		for _, inv := range invocations(g, "a", "b", "c") {
			began := time.Now()
			if got := inv.hold(); got != gate.NotCalled || time.Since(began) != notCalled {
				t.Errorf("%s: got %q after %v, want it to be released as not called", inv.requestID, got, time.Since(began))
			}
			e := beginUnknown(g)
			if !e.Released() {
				t.Errorf("%s: a call that comes too late is not reported as released", inv.requestID)
			}
			e.Done()
		}
	})
}

// The INVOKE event may come after the handler is done, also if it is not
// known which invocation that belongs to.
func TestAnUnknownCallMayBeDoneBeforeTheInvokeEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		for _, inv := range invocations(g, "a", "b", "c") {
			beginUnknown(g).Done()
			began := time.Now()
			if got := inv.hold(); got != gate.Done || time.Since(began) != 0 {
				t.Errorf("%s: got %q after %v, want it done at once", inv.requestID, got, time.Since(began))
			}
		}
	})
}
