package lambdaenv

import (
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv/internal/debug"
)

// validState returns an environment in a state that is as it should be: an invocation is
// in progress, another waits, and an extension works on the event.
func validState() *Environment {
	now := time.Now()
	inv := &invocation{Report: Report{RequestID: "first", HandedOver: now}, begun: now}
	ext := &extension{name: "ext", state: extensionRunning, events: []string{eventInvoke}}
	s := &sandbox{runtimeState: runtimeRunning, current: inv, extensions: []*extension{ext}}
	return &Environment{
		phase: phaseInvoke, sandbox: s,
		inProgress: map[string]*invocation{"first": inv},
		queue:      []*invocation{{Report: Report{RequestID: "second"}}},
	}
}

// rest makes the invocation end.
func rest(e *Environment, p phase) {
	e.phase = p
	clear(e.inProgress)
	e.sandbox.current.RuntimeDone = time.Now()
	e.sandbox.runtimeState = runtimeReady
	e.sandbox.extensions[0].state = extensionReady
}

func running(e *Environment) *process {
	p := newProcess(Function, RuntimeName, nil)
	e.sandbox.runtime = p
	return p
}

func TestInvariants(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		want    string // empty if nothing is wrong
		corrupt func(e *Environment, s *sandbox, inv *invocation, x *extension)
	}{
		{"", func(e *Environment, s *sandbox, inv *invocation, x *extension) {}},
		{"", func(e *Environment, s *sandbox, inv *invocation, x *extension) { rest(e, phaseReady) }},
		{"", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			rest(e, phaseFrozen)
			running(e).stopped.Store(true)
		}},
		{"the function runs while frozen", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			rest(e, phaseFrozen)
			running(e)
		}},
		{"2 invocations in progress, more than 1", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			e.inProgress["third"] = inv
		}},
		{"a managed instance is frozen", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			rest(e, phaseFrozen)
			e.cfg.MaxConcurrency = 2
		}},
		{"an invocation is in progress in phase frozen", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			e.phase = phaseFrozen
		}},
		{"no invocation is in progress in phase invoke", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			clear(e.inProgress)
		}},
		{"there is a sandbox in phase cold", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			rest(e, phaseCold)
		}},
		{"there is no sandbox in phase ready", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			rest(e, phaseReady)
			e.sandbox = nil
		}},
		{"second waits, and has begun", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			e.queue[0].answered = true
		}},
		{"first is in progress, and has not begun", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			inv.begun = time.Time{}
		}},
		{"first has ended without a response", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			inv.ended = now
		}},
		{"first has a response, and was not handed over", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			inv.HandedOver, inv.responding = time.Time{}, now
		}},
		{"first has been responded to without a response", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			inv.responding, inv.Responded = now, now
		}},
		{"first is done in the runtime, without a response", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			inv.RuntimeDone = now
		}},
		{"a managed instance has a current invocation", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			e.cfg.MaxConcurrency = 2
		}},
		{"the runtime is RuntimeResponseSentState in phase ready", func(e *Environment, s *sandbox, inv *invocation,
			x *extension) {
			rest(e, phaseReady)
			s.runtimeState = runtimeResponseSent
		}},
		{"the runtime is Ready, and its invocation in progress", func(e *Environment, s *sandbox, inv *invocation,
			x *extension) {
			s.runtimeState = runtimeReady
		}},
		{"an invocation was handed over in phase init", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			e.phase = phaseInit
		}},
		{"there is a SHUTDOWN event in phase invoke", func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			s.shutdownEvent = newShutdownEvent("spindown", now)
		}},
		{`extension "ext" waits for an event, and is Running`, func(e *Environment, s *sandbox, inv *invocation,
			x *extension) {
			x.next = make(chan extensionEvent)
		}},
		{`extension "ext" is Running in phase ready`, func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			rest(e, phaseReady)
			x.state = extensionRunning
		}},
		{`extension "ext" is Running, and has no event`, func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			x.events = []string{eventShutdown}
		}},
		{`extension "ext" has a SHUTDOWN event too early`, func(e *Environment, s *sandbox, inv *invocation, x *extension) {
			x.shutDown = true
		}},
	} {
		e := validState()
		tt.corrupt(e, e.sandbox, e.inProgress["first"], e.sandbox.extensions[0])
		err := e.checkInvariants()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}

// A phase is entered only from those before it.
func TestPhases(t *testing.T) {
	defer func() {
		if got := recover(); got != "lambdaenv: internal error: phase frozen after cold" {
			t.Errorf("got %v", got)
		}
	}()
	e := &Environment{phase: phaseCold}
	e.enter(phaseFrozen)
}

func TestOrderOfTheLog(t *testing.T) {
	defer func() {
		if got := recover(); got != "lambdaenv: internal error: record runtimeDone of invocation 1 is out of order" {
			t.Errorf("got %v", got)
		}
	}()
	debug.CheckInvariants = true
	l := &eventLog{}
	for _, kind := range []string{"start", "runtimeDone", "report", "start", "runtimeDone", "runtimeDone"} {
		l.checkRecord(kind, "1")
	}
}
