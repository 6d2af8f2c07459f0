package gate_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/postinvoke/internal/gate"
)

const (
	timeout   = 30 * time.Second
	notCalled = 2 * time.Second
)

// An invocation is one, as the gate sees it.
type invocation struct {
	*gate.Gate
	requestID string
	key       *int
	timeout   time.Time
}

func newGate() *gate.Gate {
	g := &gate.Gate{NotCalledAfter: notCalled}
	g.Wrapped()
	return g
}

// invocations returns some with the given request ids, each with the timeout
// that it has if it begins now.
func invocations(g *gate.Gate, requestIDs ...string) (all []invocation) {
	for _, id := range requestIDs {
		all = append(all, invocation{g, id, new(int), time.Now().Add(timeout)})
	}
	return all
}

func (i invocation) begin() gate.Entry { return i.Begin(i.requestID, i.key, i.timeout) }
func (i invocation) hold() gate.Reason { return i.Hold(i.requestID, i.timeout) }

func TestHold(t *testing.T) {
	tests := []struct {
		name   string
		before func(invocation) // the INVOKE event
		during func(invocation)
		want   gate.Reason
		after  time.Duration
	}{
		{
			name:   "done before the INVOKE event",
			before: func(i invocation) { i.begin().Done() },
			want:   gate.Done,
		},
		{
			name:   "done after the INVOKE event",
			before: func(i invocation) { go func(e gate.Entry) { time.Sleep(time.Second); e.Done() }(i.begin()) },
			want:   gate.Done, after: time.Second,
		},
		{
			name: "called and done after the INVOKE event",
			during: func(i invocation) {
				time.Sleep(time.Second)
				e := i.begin()
				time.Sleep(10 * time.Second)
				e.Done()
			},
			want: gate.Done, after: 11 * time.Second,
		},
		{
			name: "several handlers are called, and all are waited for",
			during: func(i invocation) {
				first, second := i.begin(), i.begin()
				first.Done()
				time.Sleep(time.Second)
				second.Done()
			},
			want: gate.Done, after: time.Second,
		},
		{
			name:   "a handler that is not done is waited for until the timeout is near",
			before: func(i invocation) { i.begin() },
			want:   gate.Deadline, after: timeout - gate.Margin,
		},
		{
			name: "no handler is called",
			want: gate.NotCalled, after: notCalled,
		},
		{
			name:   "a handler is called just in time",
			during: func(i invocation) { time.Sleep(notCalled - 1); i.begin() },
			want:   gate.Deadline, after: timeout - gate.Margin,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inv := invocations(newGate(), "a")[0]
				if test.before != nil {
					test.before(inv)
				}
				if test.during != nil {
					go test.during(inv)
				}
				start := time.Now()
				if got := inv.hold(); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
				if after := time.Since(start); after != test.after {
					t.Errorf("held for %v, want %v", after, test.after)
				}
			})
		})
	}
}

func TestAProcessWithoutAWrappedHandlerHoldsNothing(t *testing.T) {
	g := &gate.Gate{NotCalledAfter: notCalled}
	if got := g.Hold("a", time.Now().Add(timeout)); got != gate.Unwrapped {
		t.Errorf("got %q, want %q", got, gate.Unwrapped)
	}
}

// A large event takes long to decode where there is little of a processor.
func TestABusyProcessIsNotGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const decoding = 13 * time.Second
		g := newGate()
		start := time.Now()
		g.Used = func() time.Duration { return min(time.Since(start), decoding) * 7 / 100 }
		slow := invocations(g, "a")[0]
		go func() {
			time.Sleep(decoding)
			e := slow.begin()
			time.Sleep(time.Second)
			e.Done()
		}()
		if got := slow.hold(); got != gate.Done {
			t.Errorf("slow to decode: got %q after %v, want %q", got, time.Since(start), gate.Done)
		}
		// Now the process is idle.
		start2 := time.Now()
		if got := invocations(g, "b")[0].hold(); got != gate.NotCalled {
			t.Errorf("got %q, want %q", got, gate.NotCalled)
		}
		if took := time.Since(start2); took > notCalled+time.Second {
			t.Errorf("held for %v, want no more than a second longer than %v", took, notCalled)
		}
	})
}

// Three invocations follow each other. The hooks of the first two are late, and
// return in either order while the third is held. Neither report may release it.
func TestALateReportDoesNotReleaseAnotherInvocation(t *testing.T) {
	for _, requestIDs := range [][]string{{"a", "b", "c"}, {"a", "a", "a"}, {"a", "b", "a"}} {
		for _, lateInOrder := range []bool{true, false} {
			t.Run(fmt.Sprint(requestIDs, lateInOrder), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := newGate()
					var late []gate.Entry
					for _, id := range requestIDs[:2] {
						inv := invocations(g, id)[0]
						late = append(late, inv.begin())
						if got := inv.hold(); got != gate.Deadline {
							t.Fatalf("got %q, want %q", got, gate.Deadline)
						}
					}
					if !lateInOrder {
						slices.Reverse(late)
					}
					third := invocations(g, requestIDs[2])[0]
					late[0].Done() // before its handler is called
					own := third.begin()
					go func() {
						time.Sleep(time.Second)
						late[1].Done()
						time.Sleep(time.Second)
						own.Done()
					}()
					start := time.Now()
					if got := third.hold(); got != gate.Done {
						t.Errorf("got %q, want %q", got, gate.Done)
					}
					if after := time.Since(start); after != 2*time.Second {
						t.Errorf("released after %v, want 2s: its own hook was not waited for", after)
					}
				})
			})
		}
	}
}

// The other direction: the report of a current invocation does not count for an
// earlier one, and no invocation delays the next.
func TestAnEarlierInvocationDelaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		first := invocations(g, "a")[0]
		first.begin()
		first.hold()
		for _, id := range []string{"b", "a", "c"} {
			inv := invocations(g, id)[0]
			start := time.Now()
			e := inv.begin()
			e.Done()
			if got := inv.hold(); got != gate.Done || time.Since(start) != 0 {
				t.Errorf("%s: got %q after %v, want %q at once", id, got, time.Since(start), gate.Done)
			}
			e.Done() // once too often
		}
	})
}

// An event took long to decode, and the gate gave up on it. The handler is
// called after all; then Lambda retries the event under its request id.
func TestAHandlerThatIsCalledTooLateBelongsToItsInvocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		first := invocations(g, "a")[0]
		if got := first.hold(); got != gate.NotCalled {
			t.Fatalf("got %q, want %q", got, gate.NotCalled)
		}
		late := first.begin()
		if !late.Released() {
			t.Error("the entry of a handler that was called too late reports that its invocation is held")
		}
		retry := invocations(g, "a")[0]
		own := retry.begin()
		late.Done()
		go func() {
			time.Sleep(time.Second)
			own.Done()
		}()
		start := time.Now()
		if got := retry.hold(); got != gate.Done || time.Since(start) != time.Second {
			t.Errorf("got %q after %v, want %q after 1s", got, time.Since(start), gate.Done)
		}
	})
}

// A handler around several wrapped ones calls one when all others are done.
func TestAHandlerThatIsCalledWhenAllWereDoneIsReleased(t *testing.T) {
	g := newGate()
	inv := invocations(g, "a")[0]
	first := inv.begin()
	if first.Released() {
		t.Error("released before the INVOKE event came")
	}
	first.Done()
	inv.hold()
	if !inv.begin().Released() {
		t.Error("a handler called after the environment was released is not reported as released")
	}
}

func TestTheTimeoutIsKnownFromTheInvokeEventOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inv := invocations(newGate(), "a")[0]
		e := inv.begin()
		if got, ok := e.Timeout(); ok {
			t.Errorf("got %v before the INVOKE event", got)
		}
		arrived := e.Arrived()
		go func() {
			<-arrived
			if got, ok := e.Timeout(); !ok || !got.Equal(inv.timeout) {
				t.Errorf("got %v, %v, want %v", got, ok, inv.timeout)
			}
			if e.Arrived() != nil {
				t.Error("an event that has come is still to come")
			}
			e.Done()
		}()
		inv.hold()
		if got, ok := e.Timeout(); !ok || !got.Equal(inv.timeout) {
			t.Errorf("afterwards: got %v, %v, want %v", got, ok, inv.timeout)
		}
	})
}

// In a freeze the wall clock goes on, and the monotonic one may stand still.
func TestTheWallClockJumps(t *testing.T) {
	const jumps = 5 * time.Second
	tests := []struct {
		name   string
		by     time.Duration
		called bool
		want   gate.Reason
		after  time.Duration
	}{
		{"past the deadline", time.Hour, true, gate.Deadline, jumps},
		{"to just before it", timeout - gate.Margin - jumps - 1, true, gate.Deadline, jumps + 1},
		{"back", -time.Minute, true, gate.Done, time.Minute},
		{"past what a handler has to be called in", 10 * time.Second, false, gate.NotCalled, notCalled},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				at := jumps
				if !test.called {
					at = notCalled / 2
				}
				g := newGate()
				g.WallClock = func() time.Time {
					now := time.Now().Round(0)
					if now.Sub(start) >= at {
						now = now.Add(test.by)
					}
					return now
				}
				inv := invocations(g, "a")[0]
				if test.called {
					done := time.AfterFunc(time.Minute, inv.begin().Done)
					defer done.Stop()
				}
				if got := inv.hold(); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
				if after := time.Since(start); after != test.after {
					t.Errorf("held for %v, want %v", after, test.after)
				}
			})
		})
	}
}

// A goroutine from an earlier invocation calls the wrapped handler between the call
// of the current one and its INVOKE event.
func TestAStragglerDoesNotReplaceTheInvocationThatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		all := invocations(g, "a", "b", "c")
		for _, inv := range all[:2] {
			inv.begin().Done()
			inv.hold()
		}
		current, straggler := all[2].begin(), all[0].begin()
		straggler.Done()
		go func() {
			time.Sleep(2 * notCalled)
			current.Done()
		}()
		began := time.Now()
		if got := all[2].hold(); got != gate.Done || time.Since(began) != 2*notCalled {
			t.Errorf("got %q after %v, want it to be held until it is done", got, time.Since(began))
		}
		if !straggler.Released() {
			t.Error("the straggler is reported as held")
		}
		synctest.Wait()
	})
}

// A watched is a context whose end is noted.
type watched struct {
	context.Context
	ended chan struct{}
}

func newWatched(t *testing.T) (watched, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	return watched{ctx, make(chan struct{}, 2)}, cancel
}

func (w watched) Ended() { w.ended <- struct{}{} }

func (w watched) wantEnded(t *testing.T, want int) {
	t.Helper()
	synctest.Wait()
	if got := len(w.ended); got != want {
		t.Errorf("Ended was called %d times, want %d", got, want)
	}
}

func TestHoldNoticesTheEndOfAContext(t *testing.T) {
	for _, beforeEvent := range []bool{true, false} {
		t.Run(fmt.Sprint("begun before the event: ", beforeEvent), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inv := invocations(newGate(), "a")[0]
				w, cancel := newWatched(t)
				var e gate.Entry
				begin := func() {
					e = inv.begin()
					if !e.Watch(w) || e.Watch(w) {
						t.Error("want one context to be watched, and no other")
					}
				}
				if beforeEvent {
					begin()
				}
				go func() {
					time.Sleep(time.Second)
					if !beforeEvent {
						begin()
					}
					time.Sleep(time.Second)
					w.wantEnded(t, 0)
					cancel()
					w.wantEnded(t, 1)
					time.Sleep(time.Second)
					e.Done()
				}()
				start := time.Now()
				if got := inv.hold(); got != gate.Done || time.Since(start) != 3*time.Second {
					t.Errorf("got %q after %v, want %q after 3s", got, time.Since(start), gate.Done)
				}
				w.wantEnded(t, 1)
				if e.Watch(w) {
					t.Error("a context is watched that nothing is held for")
				}
			})
		})
	}
}

// The handler may run until the timeout, and its INVOKE event may never come.
func TestTheEndOfAContextIsNoticedWhenNothingIsHeldForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		all := invocations(g, "a", "b")
		late, endLate := newWatched(t)
		lost, endLost := newWatched(t)
		all[0].begin().Watch(late)
		if got := all[0].hold(); got != gate.Deadline {
			t.Errorf("got %q, want %q", got, gate.Deadline)
		}
		invocations(g, "without an event")[0].begin().Watch(lost)
		all[1].begin().Done()
		all[1].hold()
		for _, w := range []watched{late, lost} {
			w.wantEnded(t, 0)
		}
		endLate()
		endLost()
		for _, w := range []watched{late, lost} {
			w.wantEnded(t, 1)
		}
	})
}
