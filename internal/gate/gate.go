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

// A Reason is why [Gate.Hold] returned.
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
	pending []entry     // begun, but their INVOKE events have not come, and may never come
	held    entry       // while Hold is running
	last    entry       // held before
	timer   *time.Timer // of Hold; made by its first call, as is wake
	wake    chan struct{}
	arrived chan struct{} // closed when the next INVOKE event comes; nil unless something waits for that
}

// An entry is what is known about one invocation. The zero entry belongs to none.
type entry struct {
	number    uint64
	requestID string
	calls     int       // of wrapped handlers
	key       any       // of the last call
	open      int       // calls that are not done
	timeout   time.Time // of the function; zero until the INVOKE event has come
	watched   Watched   // nil if no context is watched, or when that has ended
}

// A Watched is a context, and what to do when it has ended.
type Watched interface {
	Done() <-chan struct{} // may depend on the timeout of the invocation
	Ended()                // called once, after Done is closed; must not block
}

func (e *entry) is(requestID string) bool { return e.number != 0 && e.requestID == requestID }

// An Entry refers to an invocation, also after that was released. The zero Entry
// refers to none, and its methods do nothing.
type Entry struct {
	gate             *Gate
	number           uint64
	begunBeforeEvent bool // of the INVOKE event
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
	for i := range slices.Backward(g.pending) {
		if e := &g.pending[i]; unknown || e.is(requestID) && e.key == key {
			return e
		}
	}
	// A retry has the same request id, and a later deadline.
	calledLate := g.last.calls == 0 && (unknown || !contextEnds.After(g.last.timeout))
	isLast := g.last.is(requestID) || unknown && g.last.number != 0
	if isLast && (calledLate || !unknown && g.last.key == key) {
		return &g.last
	}
	g.pending = append(g.pending, g.newEntry(requestID))
	return &g.pending[len(g.pending)-1]
}

// current returns the entry with that number, or nil if the environment is not held
// for it any more. The caller holds the lock.
func (g *Gate) current(number uint64) *entry {
	if g.held.number == number {
		return &g.held
	}
	for i := range g.pending {
		if g.pending[i].number == number {
			return &g.pending[i]
		}
	}
	return nil
}

func (g *Gate) newEntry(requestID string) entry {
	g.count++
	return entry{number: g.count, requestID: requestID}
}

// Done notes that a wrapped handler has returned and its hooks are done.
func (e Entry) Done() { e.done(false) }

// Discard is Done for a handler that was called outside of any invocation, as far as
// is known. It does not count as the handler of the next invocation, even if that has
// come in the meantime.
func (e Entry) Discard() { e.done(e.begunBeforeEvent) }

func (e Entry) done(outside bool) {
	g := e.gate
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.current(e.number)
	if known == nil {
		return
	}
	known.open--
	if outside {
		known.calls--
	}
	switch {
	case known == &g.held:
		g.wakeUp()
	case outside && known.open == 0:
		g.pending = slices.DeleteFunc(g.pending, func(p entry) bool { return p.number == e.number })
	}
}

// Watch has Hold call Ended when the context has ended: a goroutine of its own would
// have to wake the one that holds. If the invocation is released before, there is
// such a goroutine. Watch does nothing and returns false if the invocation is not
// held any more, or a context is watched for it already.
func (e Entry) Watch(w Watched) bool {
	g := e.gate
	if g == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.current(e.number)
	if known == nil || known.watched != nil {
		return false
	}
	known.watched = w
	if known == &g.held {
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

// Timeout returns when the function times out. That is known while the invocation is
// held, and afterwards until the next one is released.
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

// Arrived returns a channel that is closed when Timeout is known, or when Released
// returns true because it never will be. It returns nil if neither changes any more.
func (e Entry) Arrived() <-chan struct{} {
	g := e.gate
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.current(e.number); known == nil || known == &g.held {
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
	return g.current(e.number) == nil
}

// Hold blocks until an invocation is done, until Margin before the function's
// timeout, or until it turns out that no wrapped handler is called.
//
// The timeout is compared with the wall clock at least once a second, because a timer
// that was set before a freeze may be late. All else is measured with the monotonic
// clock, so that a jump of the wall clock does not make a handler look late.
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

// watchElsewhere watches the context of an entry that is not held.
func (e *entry) watchElsewhere() {
	if w := e.watched; w != nil {
		e.watched = nil
		go func() {
			<-w.Done()
			w.Ended()
		}()
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
	g.held = g.newEntry(requestID)
	for _, e := range g.pending { // all others belong to earlier invocations, or to none
		if e.is(requestID) || e.is("") && g.held.calls == 0 {
			e, g.held = g.held, e
		}
		e.watchElsewhere()
	}
	clear(g.pending)
	g.pending = g.pending[:0]
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

// release releases the held invocation if there is a reason to, and returns the
// reason. Otherwise it returns whether a wrapped handler was called, and the context
// to watch.
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
	e.watchElsewhere()
	g.last, g.held = g.held, entry{}
	return reason, called, nil
}
