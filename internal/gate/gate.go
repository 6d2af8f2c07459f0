// Package gate decides how long an internal extension delays its request for the
// next event, and so how long the execution environment stays awake for one
// invocation.
package gate

import (
	"slices"
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
	Deadline Reason = "the function's deadline is near and its handler or hooks are not done"
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
	// takes longer the less of a processor the function has, and it is ten
	// times as long.
	NotCalledAfter time.Duration

	// Used returns the processor time that the process has used. Nil means
	// that it is not known.
	Used func() time.Duration

	// WallClock replaces the system's in tests.
	WallClock func() time.Time

	mu      sync.Mutex
	wrapped bool
	count   uint64      // of entries, ever
	early   []entry     // their handlers were called before their INVOKE events came, if those come at all
	held    entry       // while Hold is running
	last    entry       // held before
	timer   *time.Timer // of Hold, which makes both of these when it is first called
	wake    chan struct{}
	arrived chan struct{} // closed when the next INVOKE event comes; nil unless somebody waits for that
}

// An entry is what is known of one invocation. The zero entry is of none.
type entry struct {
	number    uint64
	requestID string
	calls     int       // of wrapped handlers
	key       any       // of the wrapped handlers
	open      int       // wrapped handlers that are not done
	timeout   time.Time // of the function; zero until the INVOKE event has come
	watched   Watched   // nil if no context is watched, or when that has ended
}

// A Watched is a context whose end Hold notices by itself. Another goroutine that
// does so would have to wake the one that holds.
type Watched interface {
	Done() <-chan struct{}
	Ended() // called once, when Done is closed; must not block
}

// watch calls Ended when the context has ended.
func watch(w Watched) {
	<-w.Done()
	w.Ended()
}

func (e *entry) is(requestID string) bool { return e.number != 0 && e.requestID == requestID }

// An Entry refers to an invocation, also when that is over. The zero Entry
// refers to none, and its methods do nothing.
type Entry struct {
	gate   *Gate
	number uint64
	early  bool // begun before the INVOKE event came
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
// invocation, or to the last one if that was released because no handler had been
// called.
func (g *Gate) Begin(requestID string, key any, contextEnds time.Time) Entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.find(requestID, key, contextEnds)
	e.calls++
	e.key = key
	e.open++
	return Entry{g, e.number, e != &g.held && e != &g.last}
}

// find returns the entry that a handler belongs to. The caller holds the lock.
func (g *Gate) find(requestID string, key any, contextEnds time.Time) *entry {
	unknown := requestID == ""
	if g.held.is(requestID) || unknown && g.held.number != 0 {
		return &g.held
	}
	for i := range slices.Backward(g.early) {
		if e := &g.early[i]; unknown || e.is(requestID) && e.key == key {
			return e
		}
	}
	// The same request id may be that of a retry, which has a later deadline.
	calledLate := g.last.calls == 0 && (unknown || !contextEnds.After(g.last.timeout))
	isLast := g.last.is(requestID) || unknown && g.last.number != 0
	if isLast && (calledLate || !unknown && g.last.key == key) {
		return &g.last
	}
	g.early = append(g.early, g.newEntry(requestID))
	return &g.early[len(g.early)-1]
}

// isEarly reports whether the INVOKE event of an entry has not come. The caller
// holds the lock.
func (g *Gate) isEarly(number uint64) bool {
	return slices.ContainsFunc(g.early, func(e entry) bool { return e.number == number })
}

func (g *Gate) newEntry(requestID string) entry {
	g.count++
	return entry{number: g.count, requestID: requestID}
}

// Done notes that a wrapped handler has returned and its hooks are over.
func (e Entry) Done() { e.done(false) }

// Discard is Done for a handler that was called outside of any invocation, as far
// as is known. It is not taken for one that was called in the next invocation,
// also if that has come meanwhile.
func (e Entry) Discard() { e.done(e.early) }

func (e Entry) done(outside bool) {
	g := e.gate
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if e.number == g.held.number {
		g.held.open--
		if outside {
			g.held.calls--
		}
		g.wakeUp()
		return
	}
	for i := range g.early {
		if early := &g.early[i]; early.number == e.number {
			early.open--
			if outside && early.open == 0 {
				g.early = slices.Delete(g.early, i, i+1)
			}
			return
		}
	}
}

// Watch has Hold notice the end of a context while it holds the invocation, and
// another goroutine after that. It reports false if nothing is held, or another
// context is watched for the invocation.
func (e Entry) Watch(w Watched) bool {
	g := e.gate
	if g == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	entry := &g.held
	for i := range g.early {
		if g.early[i].number == e.number {
			entry = &g.early[i]
		}
	}
	if entry.number != e.number || entry.watched != nil {
		return false
	}
	entry.watched = w
	if entry == &g.held {
		g.wakeUp()
	}
	return true
}

// wakeUp makes Hold look again.
func (g *Gate) wakeUp() {
	select {
	case g.wake <- struct{}{}:
	default: // Hold is about to look
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

// Arrived returns a channel that is closed when Timeout is known, or when
// Released reports that it never will be; nil if nothing changes any more.
func (e Entry) Arrived() <-chan struct{} {
	g := e.gate
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.isEarly(e.number) {
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
	return !g.isEarly(e.number) && e.number != g.held.number
}

// Hold blocks until an invocation is over, or comes within Margin of the
// function's timeout, or until no wrapped handler was called in time.
//
// The timeout is compared with the wall clock at every wake, and that is at
// least once a second: a process that was frozen meanwhile cannot trust a timer
// set before. All else is measured with the monotonic clock, so that a jump of
// the wall clock does not make a handler look late.
func (g *Gate) Hold(requestID string, timeout time.Time) Reason {
	const (
		longestSleep = time.Second
		busyFactor   = 10 // a function with 128 MB may need 13 s to decode 6 MB
	)

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
		tooLate := held >= busyFactor*g.NotCalledAfter
		reason, called, watched := g.release(late && idle || tooLate, wall)
		if reason != "" {
			return reason
		}
		sleep := min(longestSleep, timeout.Add(-Margin).Sub(wall))
		if !called && !late {
			sleep = min(sleep, g.NotCalledAfter-held)
		}
		g.timer.Reset(sleep)
		var ended <-chan struct{}
		if watched != nil {
			ended = watched.Done()
		}
		select {
		case <-wake:
		case <-g.timer.C:
		case <-ended:
			g.unwatch()
			watched.Ended()
		}
	}
}

// unwatch notes that the context of the held invocation has ended.
func (g *Gate) unwatch() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held.watched = nil
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
	g.held = g.newEntry(requestID)
	for _, e := range g.early { // all others there are of earlier invocations
		if e.is(requestID) || e.is("") && g.held.calls == 0 {
			e, g.held = g.held, e
		}
		if e.watched != nil {
			go watch(e.watched)
		}
	}
	clear(g.early)
	g.early = g.early[:0]
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
func (g *Gate) release(late bool, wall time.Time) (reason Reason, called bool, watched Watched) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := &g.held
	called = e.calls > 0
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
		return "", called, e.watched
	}
	if e.watched != nil {
		go watch(e.watched)
		e.watched = nil
	}
	g.last, g.held = g.held, entry{}
	return reason, called, nil
}
