// Package gate decides how long an internal extension delays its request for the
// next event, and so how long the execution environment stays awake for one
// invocation.
package gate

import (
	"sync"
	"time"
)

// Margin is kept free before the function's deadline: overrunning it would end
// in a timeout and a reset of the whole environment.
const Margin = 100 * time.Millisecond

// A Reason says why [Gate.Hold] returned.
type Reason string

// Reasons. All but the first two are sentences for the log.
const (
	Done      Reason = "done"
	Unwrapped Reason = "no handler is wrapped"
	NotCalled Reason = "the wrapped handler was not called: aws-lambda-go could not decode the event, " +
		"or the handler it was started with does not call it"
	Deadline Reason = "the function's deadline is near and its hooks are not done"
)

// A Gate holds one invocation at a time, as an execution environment serves
// them. Its methods may be called from any goroutine, Hold from one.
//
// What is reported about an invocation is kept with that invocation, in its
// [Entry]. A late report about an earlier one, even one with the same request
// id, has no effect on the current one.
type Gate struct {
	// NotCalledAfter is how long a handler may take to be called, unless the
	// process is busy: then aws-lambda-go may be decoding the event, which
	// takes longer the less of a processor the function has.
	NotCalledAfter time.Duration

	// Used returns the processor time that the process has used. Nil means
	// that it is not known.
	Used func() time.Duration

	// WallClock replaces the system's in tests.
	WallClock func() time.Time

	mu      sync.Mutex
	wrapped bool
	count   uint64      // of entries, ever
	next    entry       // its handler was called before its INVOKE event came
	held    entry       // while Hold is running
	last    entry       // held before
	timer   *time.Timer // of Hold, which makes both of these when it is first called
	wake    chan struct{}
	arrived chan struct{} // closed when next becomes held; nil unless somebody waits for that
}

// An entry is what is known of one invocation. The zero entry is of none.
type entry struct {
	number    uint64
	requestID string
	called    bool      // a wrapped handler
	key       any       // of the wrapped handlers
	open      int       // wrapped handlers that are not done
	timeout   time.Time // of the function; zero until the INVOKE event has come
}

func (e *entry) is(requestID string) bool { return e.number != 0 && e.requestID == requestID }

// An Entry refers to an invocation, also when that is over. The zero Entry
// refers to none, and its methods do nothing.
type Entry struct {
	gate   *Gate
	number uint64
}

// Wrapped notes that there is a handler to wait for. Without it, Hold returns at
// once.
func (g *Gate) Wrapped() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wrapped = true
}

// Begin notes that a wrapped handler is called. The key is the same for all
// handlers called in one invocation, and differs from that of every other
// invocation. contextEnds is the deadline of the handler's context, or zero. A
// handler whose request id is not known, and so empty, belongs to the current
// invocation.
func (g *Gate) Begin(requestID string, key any, contextEnds time.Time) Entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.find(requestID, key, contextEnds)
	e.called, e.key = true, key
	e.open++
	return Entry{g, e.number}
}

// find returns the entry that a handler belongs to. The caller holds the lock.
func (g *Gate) find(requestID string, key any, contextEnds time.Time) *entry {
	unknown := requestID == ""
	if g.held.is(requestID) || unknown && g.held.number != 0 {
		return &g.held
	}
	if g.next.is(requestID) && g.next.key == key || unknown && g.next.number != 0 {
		return &g.next
	}
	// The same request id may be that of a retry, which has a later deadline.
	calledLate := !g.last.called && !contextEnds.After(g.last.timeout)
	if g.last.is(requestID) && (calledLate || g.last.key == key) {
		return &g.last
	}
	g.next = g.newEntry(requestID)
	return &g.next
}

func (g *Gate) newEntry(requestID string) entry {
	g.count++
	return entry{number: g.count, requestID: requestID}
}

// Done notes that a wrapped handler has returned and its hooks are over.
func (e Entry) Done() {
	g := e.gate
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch e.number {
	case g.next.number:
		g.next.open--
	case g.held.number:
		g.held.open--
		select {
		case g.wake <- struct{}{}:
		default: // Hold is about to look
		}
	}
}

// Timeout returns when the function times out. That is known while the
// invocation is held, and afterwards until the next one is over.
func (e Entry) Timeout() (time.Time, bool) {
	g := e.gate
	if g == nil {
		return time.Time{}, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, known := range [...]*entry{&g.held, &g.last} {
		if known.number == e.number {
			return known.timeout, true
		}
	}
	return time.Time{}, false
}

// Arrived returns a channel that is closed when Timeout is known, or nil if
// nothing changes any more.
func (e Entry) Arrived() <-chan struct{} {
	g := e.gate
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if e.number != g.next.number {
		return nil
	}
	if g.arrived == nil {
		g.arrived = make(chan struct{})
	}
	return g.arrived
}

// Released reports whether the environment is no longer held for the invocation.
func (e Entry) Released() bool {
	g := e.gate
	if g == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return e.number != g.next.number && e.number != g.held.number
}

// Hold blocks until an invocation is over, or comes within Margin of the
// function's timeout, or until no wrapped handler was called in time.
//
// The timeout is compared with the wall clock at every wake, and that is at
// least once a second: a process that was frozen meanwhile cannot trust a timer
// set before. All else is measured with the monotonic clock, so that a jump of
// the wall clock does not make a handler look late.
func (g *Gate) Hold(requestID string, timeout time.Time) Reason {
	const longestSleep = time.Second

	timeout = timeout.Round(0)
	wake := g.arrive(requestID, timeout)
	began := time.Now()
	load := load{used: g.Used}
	defer g.timer.Stop()
	for {
		now, wall := time.Now(), g.wallNow()
		held := now.Sub(began)
		late := held >= g.NotCalledAfter
		idle := held >= longestSleep && load.low(now)
		reason, called := g.release(late && idle, wall)
		if reason != "" {
			return reason
		}
		sleep := min(longestSleep, timeout.Add(-Margin).Sub(wall))
		if !called && !late {
			sleep = min(sleep, g.NotCalledAfter-held)
		}
		g.timer.Reset(sleep)
		select {
		case <-wake:
		case <-g.timer.C:
		}
	}
}

func (g *Gate) wallNow() time.Time {
	if g.WallClock != nil {
		return g.WallClock()
	}
	return time.Now().Round(0)
}

// arrive makes an invocation the held one.
func (g *Gate) arrive(requestID string, timeout time.Time) (wake <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.next.is(requestID) && !g.next.is("") { // what is left there is of an earlier invocation
		g.next = g.newEntry(requestID)
	}
	g.held, g.next = g.next, entry{}
	g.held.requestID, g.held.timeout = requestID, timeout
	if g.arrived != nil {
		close(g.arrived)
		g.arrived = nil
	}
	if g.wake == nil {
		g.timer, g.wake = time.NewTimer(0), make(chan struct{}, 1)
	}
	return g.wake
}

// release lets the held invocation go if there is a reason to, and returns the
// reason. called reports whether a wrapped handler was called in it.
func (g *Gate) release(late bool, wall time.Time) (reason Reason, called bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := &g.held
	called = e.called
	switch {
	case !g.wrapped:
		reason = Unwrapped
	case called && e.open == 0:
		reason = Done
	case !wall.Before(e.timeout.Add(-Margin)):
		reason = Deadline
	case !called && late:
		reason = NotCalled
	default:
		return "", called
	}
	g.last, g.held = g.held, entry{}
	return reason, called
}
