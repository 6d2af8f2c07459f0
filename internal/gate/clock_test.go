package gate_test

import (
	"testing"
	"testing/synctest"
	"time"

	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/internal/link"
)

// In a freeze the wall clock goes on, and the monotonic one may stand still.
func TestTheWallClockJumps(t *testing.T) {
	const timeout, jumps = 30 * time.Second, 5 * time.Second
	tests := []struct {
		name  string
		by    time.Duration
		busy  bool // before it jumps
		want  gate.Verdict
		after time.Duration
	}{
		{"over the deadline", time.Hour, true, gate.Deadline, jumps},
		{"to just before it", timeout - gate.Margin - jumps - 1, true, gate.Deadline, jumps + 1},
		{"back", -time.Minute, true, gate.Done, time.Minute},
		{"over what a silent function is given", link.TakeUpWithin, false, gate.NotTakenUp, link.TakeUpWithin},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				at := jumps
				if !test.busy {
					at = link.AskAfter
				}
				var g gate.Gate
				g.SetWallClock(func() time.Time {
					now := time.Now().Round(0)
					if now.Sub(start) >= at {
						now = now.Add(test.by)
					}
					return now
				})
				g.Connect()
				if test.busy {
					g.Busy("a")
				}
				done := time.AfterFunc(time.Minute, func() { g.Done("a") })
				defer done.Stop()
				if got := g.Hold("a", start.Add(timeout), nil); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
				if after := time.Since(start); after != test.after {
					t.Errorf("held for %v, want %v", after, test.after)
				}
			})
		})
	}
}
