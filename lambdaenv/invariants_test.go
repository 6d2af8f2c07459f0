package lambdaenv

import (
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv/internal/debug"
)

// A state is one that is as it should be: the first invocation is in progress, the
// second waits, and an extension works on the event.
type state struct {
	*Environment
	s             *sandbox
	first, second *invocation
	x             *extension
}

func newState() state {
	now := time.Now()
	first := &invocation{Report: Report{RequestID: "first", HandedOver: now}, begun: now}
	second := &invocation{Report: Report{RequestID: "second"}}
	x := &extension{name: "ext", state: extensionRunning, events: []string{eventInvoke}}
	s := &sandbox{runtimeState: runtimeRunning, current: first, extensions: []*extension{x}}
	return state{&Environment{
		phase:      phaseInvoke,
		sandbox:    s,
		inProgress: map[string]*invocation{"first": first},
		queue:      []*invocation{second},
	}, s, first, second, x}
}

// rest makes the first invocation end.
func (st state) rest(p phase) {
	st.phase = p
	clear(st.inProgress)
	st.first.RuntimeDone = time.Now()
	st.s.runtimeState = runtimeReady
	st.x.state = extensionReady
}

func (st state) run(stopped bool) {
	st.s.runtime = newProcess(Function, RuntimeName, nil)
	st.s.runtime.stopped.Store(stopped)
}

func TestInvariants(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		want   string // empty if nothing is wrong
		change func(state)
	}{
		{"", func(st state) {}},
		{"", func(st state) { st.rest(phaseReady) }},
		{"", func(st state) { st.rest(phaseFrozen); st.run(true) }},
		{"the function runs while frozen", func(st state) { st.rest(phaseFrozen); st.run(false) }},
		{"2 invocations in progress, more than 1", func(st state) { st.inProgress["third"] = st.first }},
		{"a managed instance is frozen", func(st state) { st.rest(phaseFrozen); st.cfg.MaxConcurrency = 2 }},
		{"an invocation is in progress in phase frozen", func(st state) { st.phase = phaseFrozen }},
		{"no invocation is in progress in phase invoke", func(st state) { clear(st.inProgress) }},
		{"there is a sandbox in phase cold", func(st state) { st.rest(phaseCold) }},
		{"there is no sandbox in phase ready", func(st state) { st.rest(phaseReady); st.sandbox = nil }},
		{"second waits, and has begun", func(st state) { st.second.answered = true }},
		{"first is in progress, and has not begun", func(st state) { st.first.begun = time.Time{} }},
		{"first has ended without a response", func(st state) { st.first.ended = now }},
		{"first has a response, and was not handed over", func(st state) {
			st.first.HandedOver = time.Time{}
			st.first.responding = now
		}},
		{"first was responded to without a response", func(st state) { st.first.Responded = now }},
		{"first is done in the runtime, without a response", func(st state) { st.first.RuntimeDone = now }},
		{"a managed instance has a current invocation", func(st state) { st.cfg.MaxConcurrency = 2 }},
		{"the runtime is RuntimeResponseSentState in phase ready", func(st state) {
			st.rest(phaseReady)
			st.s.runtimeState = runtimeResponseSent
		}},
		{"the runtime is Ready, and its invocation in progress", func(st state) { st.s.runtimeState = runtimeReady }},
		{"an invocation was handed over in phase init", func(st state) { st.phase = phaseInit }},
		{"there is a SHUTDOWN event in phase invoke", func(st state) {
			st.s.shutdownEvent = newShutdownEvent("spindown", now)
		}},
		{`extension "ext" waits for an event, and is Running`,
			func(st state) { st.x.next = make(chan extensionEvent) }},
		{`extension "ext" is Running in phase ready`, func(st state) {
			st.rest(phaseReady)
			st.x.state = extensionRunning
		}},
		{`extension "ext" is Running, and has no event`, func(st state) { st.x.events = nil }},
		{`extension "ext" has a SHUTDOWN event too early`, func(st state) { st.x.gotShutdown = true }},
	} {
		st := newState()
		tt.change(st)
		err := st.checkInvariants()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}

// panics checks that f panics so.
func panics(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		if got := recover(); got != "lambdaenv: internal error: "+want {
			t.Errorf("got %v, want %s", got, want)
		}
	}()
	f()
}

func TestInternalErrors(t *testing.T) {
	debug.CheckInvariants = true
	panics(t, "phase frozen after cold", func() { (&Environment{phase: phaseCold}).enter(phaseFrozen) })
	panics(t, "no invocation is in progress in phase invoke", func() {
		st := newState()
		clear(st.inProgress)
		st.checkInTests()
	})
	panics(t, "record runtimeDone of invocation 1 is out of order", func() {
		l := &eventLog{}
		for _, kind := range []string{"start", "runtimeDone", "report", "start", "runtimeDone", "runtimeDone"} {
			l.checkRecord(kind, "1")
		}
	})
}
