// Package gate decides how long an execution environment is kept awake for one
// invocation. The extension uses it, and the library where it stands in for
// the extension: whoever holds back its request for the next event holds back
// the freeze.
package gate

import (
	"sync"
	"time"

	"example.com/postinvoke/internal/link"
)

// Margin is kept free before the function's deadline: overrunning it would end
// in a timeout and a reset of the whole environment.
const Margin = 100 * time.Millisecond

// A Verdict says why [Gate.Hold] returned.
type Verdict string

// Verdicts. All but Done are sentences for the log.
const (
	Done        Verdict = "done"
	Gone        Verdict = "the function closed its connection, and did not come back"
	Unconnected Verdict = "no function is connected: the layer is there, but no handler was wrapped, or its process could not connect"
	NotTakenUp  Verdict = "the wrapped handler was not called: aws-lambda-go could not decode the event, or the handler it was started with is not the wrapped one"
	Deadline    Verdict = "the function's deadline is near and it is not done"
)

// A Gate holds one invocation at a time, as an execution environment serves
// them. Words about an invocation may come before it is held. The zero Gate is
// ready for use; its methods may be called from any goroutine, Hold from one.
type Gate struct {
	mu        sync.Mutex
	connected int
	known     bool   // somebody was connected, and was not given up
	last      word   // the latest, about the held invocation or the next
	gaveUp    string // the invocation that was last given up
	wake      chan struct{}

	wallClock func() time.Time // of tests; nil is the system's
}

type word struct {
	id   string
	done bool
}

// Connect and Disconnect count the functions that can be waited for.
func (g *Gate) Connect() { g.change(func() { g.connected, g.known = g.connected+1, true }) }

// Disconnect takes back one Connect.
func (g *Gate) Disconnect() { g.change(func() { g.connected-- }) }

// Busy tells that the handler of invocation id is at work.
func (g *Gate) Busy(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hear(word{id: id}) // no reason to wake Hold
}

// Done tells that nothing is left to do for invocation id.
func (g *Gate) Done(id string) { g.change(func() { g.hear(word{id: id, done: true}) }) }

// hear keeps a word, unless it is a late one: about an invocation that was given
// up, or after its done. The caller holds the lock.
func (g *Gate) hear(w word) {
	gaveUp := w.id == g.gaveUp && w.id != ""
	wasDone := g.last == word{id: w.id, done: true}
	if !gaveUp && !wasDone {
		g.last = w
	}
}

func (g *Gate) change(f func()) {
	g.mu.Lock()
	f()
	wake := g.wake
	g.mu.Unlock()
	select {
	case wake <- struct{}{}: // nil, and never ready, unless somebody is held
	default:
	}
}

// Hold blocks until invocation id is over, cannot be waited for, or comes
// within Margin of its deadline. A function that has lost its connection is
// given link.ReconnectWithin to come back. It calls ask once if it has heard
// nothing for a while; ask may be nil.
//
// The deadline is compared with the wall clock at every wake, and that is at
// least once a second: a process that was frozen meanwhile cannot trust a timer
// set before. All else is measured with the monotonic clock, so that no jump of
// the wall clock makes a function look silent or lost.
func (g *Gate) Hold(id string, deadline time.Time, ask func(id string)) Verdict {
	wake := make(chan struct{}, 1)
	g.mu.Lock()
	anyone := g.known
	g.wake = wake
	if g.gaveUp == id { // Lambda retries under the same request id
		g.gaveUp = ""
	}
	g.mu.Unlock()

	verdict := g.hold(id, deadline.Add(-Margin).Round(0), ask, anyone, wake)

	g.mu.Lock()
	g.wake = nil
	if verdict != Done {
		g.gaveUp = id
	}
	if verdict == Gone {
		g.known = g.connected > 0
	}
	g.mu.Unlock()
	return verdict
}

func (g *Gate) hold(id string, deadline time.Time, ask func(id string), anyone bool, wake <-chan struct{}) Verdict {
	const slice = time.Second // the longest sleep before the clock is read again

	began := time.Now()
	askAt, takeUp := began.Add(link.AskAfter), began.Add(link.TakeUpWithin)
	var timer *time.Timer
	var lost time.Time // when the connection was seen to be; zero while there is one
	for {
		heard, done, connected := g.about(id)
		now := time.Now() // of the monotonic clock; wall is of the other
		wall := now.Round(0)
		if g.wallClock != nil {
			wall = g.wallClock()
		}
		switch {
		case connected:
			lost = time.Time{}
		case lost.IsZero():
			lost = now
		}
		switch {
		case done:
			return Done
		case !connected && !anyone:
			return Unconnected
		case !connected && !now.Before(lost.Add(link.ReconnectWithin)):
			return Gone
		case !wall.Before(deadline):
			return Deadline
		case !heard && !now.Before(takeUp):
			return NotTakenUp
		}
		wait := min(slice, deadline.Sub(wall))
		if !connected {
			wait = min(wait, link.ReconnectWithin-now.Sub(lost))
		}
		switch {
		case heard:
		case ask == nil:
			wait = min(wait, takeUp.Sub(now))
		case now.Before(askAt):
			wait = min(wait, askAt.Sub(now))
		default:
			ask(id)
			ask = nil
			continue
		}
		if timer == nil {
			timer = time.NewTimer(wait)
			defer timer.Stop()
		} else {
			timer.Reset(wait)
		}
		select {
		case <-wake:
		case <-timer.C:
		}
	}
}

// about reports what is known of invocation id. A done is forgotten once it
// was reported: Lambda reuses the request id when it retries an event.
func (g *Gate) about(id string) (heard, done, connected bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	heard = g.last.id == id
	done = heard && g.last.done
	if done {
		g.last = word{}
	}
	return heard, done, g.connected > 0
}
