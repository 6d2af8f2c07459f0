package gate_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/internal/link"
)

func TestHold(t *testing.T) {
	const timeout = 30 * time.Second
	tests := []struct {
		name      string
		before    func(*gate.Gate) // said before the invocation is held
		meanwhile func(*gate.Gate) // said by others while it is held
		answer    func(*gate.Gate) // said when asked
		want      gate.Verdict
		after     time.Duration
	}{
		{name: "nobody connected", want: gate.Unconnected},
		{
			name:   "done before the INVOKE event",
			before: func(g *gate.Gate) { g.Connect(); g.Done("a") },
			want:   gate.Done,
		},
		{
			name:   "done after the INVOKE event",
			before: (*gate.Gate).Connect,
			meanwhile: func(g *gate.Gate) {
				time.Sleep(time.Second)
				g.Done("a")
			},
			want: gate.Done, after: time.Second,
		},
		{
			name:   "another invocation's done does not count",
			before: func(g *gate.Gate) { g.Connect(); g.Done("b") },
			want:   gate.NotTakenUp, after: link.TakeUpWithin,
		},
		{
			name:   "a busy handler is waited for until the deadline",
			before: func(g *gate.Gate) { g.Connect(); g.Busy("a") },
			want:   gate.Deadline, after: timeout - gate.Margin,
		},
		{
			name:   "busy when asked",
			before: (*gate.Gate).Connect,
			answer: func(g *gate.Gate) { g.Busy("a") },
			want:   gate.Deadline, after: timeout - gate.Margin,
		},
		{
			name:   "busy some time after it was asked",
			before: (*gate.Gate).Connect,
			answer: func(g *gate.Gate) {
				go func() { time.Sleep(time.Second); g.Busy("a") }()
			},
			want: gate.Deadline, after: timeout - gate.Margin,
		},
		{
			name:   "busy, then done",
			before: func(g *gate.Gate) { g.Connect(); g.Busy("a") },
			meanwhile: func(g *gate.Gate) {
				time.Sleep(10 * time.Second)
				g.Done("a")
			},
			want: gate.Done, after: 10 * time.Second,
		},
		{
			name:   "not a word about it",
			before: (*gate.Gate).Connect,
			want:   gate.NotTakenUp, after: link.TakeUpWithin,
		},
		{
			name:   "done, and then gone before the INVOKE event",
			before: func(g *gate.Gate) { g.Connect(); g.Done("a"); g.Disconnect() },
			want:   gate.Done,
		},
		{
			name:   "connection lost",
			before: func(g *gate.Gate) { g.Connect(); g.Busy("a") },
			meanwhile: func(g *gate.Gate) {
				time.Sleep(3 * time.Second)
				g.Disconnect()
			},
			want: gate.Gone, after: 3*time.Second + link.ReconnectWithin,
		},
		{
			name:   "connection lost before the INVOKE event",
			before: func(g *gate.Gate) { g.Connect(); g.Disconnect() },
			want:   gate.Gone, after: link.ReconnectWithin,
		},
		{
			name: "connection lost in the invocation before",
			before: func(g *gate.Gate) {
				g.Connect()
				g.Disconnect()
				g.Hold("before", time.Now().Add(timeout), nil)
			},
			want: gate.Unconnected,
		},
		{
			name:   "connection lost before the INVOKE event, and made again",
			before: func(g *gate.Gate) { g.Connect(); g.Disconnect() },
			meanwhile: func(g *gate.Gate) {
				time.Sleep(link.ReconnectWithin / 2)
				g.Connect()
				g.Done("a")
			},
			want: gate.Done, after: link.ReconnectWithin / 2,
		},
		{
			name:   "connection lost and made again",
			before: func(g *gate.Gate) { g.Connect(); g.Busy("a") },
			meanwhile: func(g *gate.Gate) {
				for range 3 {
					g.Disconnect()
					time.Sleep(link.ReconnectWithin - 1)
					g.Connect()
					time.Sleep(time.Second)
				}
				g.Done("a")
			},
			want: gate.Done, after: 3*time.Second + 3*(link.ReconnectWithin-1),
		},
		{
			name:   "the last of two connections lost",
			before: func(g *gate.Gate) { g.Connect(); g.Connect(); g.Busy("a") },
			meanwhile: func(g *gate.Gate) {
				g.Disconnect()
				time.Sleep(3 * time.Second)
				g.Disconnect()
			},
			want: gate.Gone, after: 3*time.Second + link.ReconnectWithin,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var g gate.Gate
				if test.before != nil {
					test.before(&g)
				}
				if test.meanwhile != nil {
					go test.meanwhile(&g)
				}
				start := time.Now()
				got := g.Hold("a", start.Add(timeout), func(id string) {
					if id != "a" {
						t.Errorf("asked about %q, want a", id)
					}
					if test.answer != nil {
						test.answer(&g)
					}
				})
				if got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
				if after := time.Since(start); after != test.after {
					t.Errorf("held for %v, want %v", after, test.after)
				}
			})
		})
	}
}

// Lambda retries an asynchronous event under the same request id.
func TestARetryUnderTheSameRequestIDIsHeldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate.Gate
		g.Connect()
		g.Done("a")
		if got := g.Hold("a", time.Now().Add(time.Minute), nil); got != gate.Done {
			t.Fatalf("first attempt: got %q, want %q", got, gate.Done)
		}
		if got := g.Hold("a", time.Now().Add(time.Minute), nil); got != gate.NotTakenUp {
			t.Errorf("second attempt, nothing said: got %q, want %q", got, gate.NotTakenUp)
		}
	})
}

// What comes late about an invocation that was given up must count neither for
// its retry nor for another one.
func TestLateWordsDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate.Gate
		g.Connect()
		hold := func(id string) gate.Verdict { return g.Hold(id, time.Now().Add(time.Minute), nil) }
		if got := hold("a"); got != gate.NotTakenUp {
			t.Fatalf("got %q, want %q", got, gate.NotTakenUp)
		}
		g.Done("b")
		g.Done("a") // late
		if got := hold("b"); got != gate.Done {
			t.Errorf("the next: got %q, want %q", got, gate.Done)
		}
		g.Done("a") // later still
		if got := hold("a"); got != gate.NotTakenUp {
			t.Errorf("the retry: got %q, want %q", got, gate.NotTakenUp)
		}
	})
}

// A connection that was lost may be read to its end after the one that replaced
// it said done.
func TestBusyDoesNotTakeBackDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate.Gate
		g.Connect()
		g.Done("a")
		g.Busy("a")
		if got := g.Hold("a", time.Now().Add(time.Minute), nil); got != gate.Done {
			t.Errorf("got %q, want %q", got, gate.Done)
		}
	})
}

// A deadline that lies in the past, as after a long freeze, is a deadline.
func TestADeadlineInThePastIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate.Gate
		g.Connect()
		g.Busy("a")
		start := time.Now()
		if got := g.Hold("a", start.Add(-time.Hour), nil); got != gate.Deadline {
			t.Errorf("got %q, want %q", got, gate.Deadline)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("held for %v, want not at all", d)
		}
	})
}

func TestGateIsSafeForConcurrentUse(t *testing.T) {
	var g gate.Gate
	g.Connect()
	for i := range 1000 {
		id := strconv.Itoa(i)
		go func() { g.Connect(); g.Disconnect() }()
		go func() { g.Busy(id); g.Done(id) }()
		if got := g.Hold(id, time.Now().Add(time.Minute), nil); got != gate.Done {
			t.Fatalf("got %q, want %q", got, gate.Done)
		}
	}
}
