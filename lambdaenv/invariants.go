package lambdaenv

import (
	"fmt"
	"slices"

	"example.com/postinvoke/lambdaenv/internal/debug"
)

// checkInTests panics if something is wrong, in tests only: package lambdaenvtest
// switches the check on. It is called after each step and each call of an API.
func (e *Environment) checkInTests() {
	if !debug.CheckInvariants {
		return
	}
	if err := e.checkInvariants(); err != nil {
		panic("lambdaenv: internal error: " + err.Error())
	}
}

// checkInvariants returns what is wrong with the state of the environment.
func (e *Environment) checkInvariants() error {
	s, managed := e.sandbox, e.cfg.managed()
	switch limit := max(1, e.cfg.MaxConcurrency); {
	case len(e.inProgress) > limit:
		return fmt.Errorf("%d invocations in progress, more than %d", len(e.inProgress), limit)
	case e.phase == phaseFrozen && managed:
		return fmt.Errorf("a managed instance is frozen")
	case (e.phase == phaseReady || e.phase == phaseFrozen) && len(e.inProgress) > 0:
		return fmt.Errorf("an invocation is in progress in phase %s", e.phase)
	case e.phase == phaseInvoke && len(e.inProgress) == 0:
		return fmt.Errorf("no invocation is in progress in phase %s", e.phase)
	case (e.phase == phaseCold || e.phase == phaseClosed) && s != nil:
		return fmt.Errorf("there is a sandbox in phase %s", e.phase)
	case s == nil && slices.Contains([]phase{phaseReady, phaseFrozen, phaseInvoke}, e.phase):
		return fmt.Errorf("there is no sandbox in phase %s", e.phase)
	}
	for _, inv := range e.queue {
		if inv.answered || !inv.begun.IsZero() || e.inProgress[inv.RequestID] != nil {
			return fmt.Errorf("invocation %s waits, and has begun", inv.RequestID)
		}
	}
	for _, inv := range e.inProgress {
		if err := inv.checkInvariants(); err != nil {
			return fmt.Errorf("invocation %s %w", inv.RequestID, err)
		}
	}
	if s == nil {
		return nil
	}
	return s.checkInvariants(e.phase, managed)
}

// checkInvariants returns what is wrong with an invocation in progress: what happens
// to it happens in one order.
func (inv *invocation) checkInvariants() error {
	switch {
	case inv.begun.IsZero():
		return fmt.Errorf("is in progress, and has not begun")
	case !inv.ended.IsZero() && !inv.answered:
		return fmt.Errorf("has ended without a response")
	case !inv.responding.IsZero() && inv.HandedOver.IsZero():
		return fmt.Errorf("has a response, and was not handed over")
	case !inv.Responded.IsZero() && (inv.responding.IsZero() || !inv.answered):
		return fmt.Errorf("was responded to without a response")
	case !inv.RuntimeDone.IsZero() && inv.Responded.IsZero():
		return fmt.Errorf("is done in the runtime, without a response")
	}
	return nil
}

func (s *sandbox) checkInvariants(p phase, managed bool) error {
	if p == phaseFrozen {
		for _, proc := range s.processes() {
			if proc.alive() && !proc.stopped.Load() && !proc.signaledByTest {
				return fmt.Errorf("%v runs while frozen", proc)
			}
		}
	}
	atRest := p == phaseReady || p == phaseFrozen
	busy := s.current != nil && s.current.RuntimeDone.IsZero()
	switch {
	case managed && s.current != nil:
		return fmt.Errorf("a managed instance has a current invocation")
	case atRest && s.runtimeState != runtimeReady:
		return fmt.Errorf("the runtime is %s in phase %s", s.runtimeState, p)
	case p == phaseInvoke && !managed && busy == (s.runtimeState == runtimeReady):
		return fmt.Errorf("the runtime is %s, and its invocation in progress %v", s.runtimeState, busy)
	case p == phaseInit && s.current != nil:
		return fmt.Errorf("an invocation was handed over in phase %s", p)
	case s.shutdownEvent.body != nil && p != phaseReset && p != phaseShutdown:
		return fmt.Errorf("there is a SHUTDOWN event in phase %s", p)
	}
	for _, x := range s.extensions {
		switch {
		case x.next != nil && x.state != extensionReady:
			return fmt.Errorf("extension %q waits for an event, and is %s", x.name, x.state)
		case atRest && x.state != extensionReady && x.state != extensionExitError:
			return fmt.Errorf("extension %q is %s in phase %s", x.name, x.state, p)
		case x.state == extensionRunning && p == phaseInvoke && !x.registeredFor(eventInvoke):
			return fmt.Errorf("extension %q is %s, and has no event", x.name, x.state)
		case x.gotShutdown && s.shutdownEvent.body == nil:
			return fmt.Errorf("extension %q has a SHUTDOWN event too early", x.name)
		}
	}
	return nil
}

// logOrder has the last entry and the last record of each invocation in progress.
type logOrder map[string]int

// places are those of entries and of records about an invocation.
var places = map[string]int{
	"entry " + string(Invoked): 1, "entry " + string(Responded): 2,
	"entry " + string(RuntimeDone): 3, "entry " + string(Idle): 4,
	"record start": 1, "record runtimeDone": 2, "record report": 3,
}

// check panics, in tests only, if an entry or a record is not in its place. The next
// attempt of an invocation begins after the report.
func (o *logOrder) check(chain, kind, requestID string) {
	place := places[chain+kind]
	if !debug.CheckInvariants || place == 0 {
		return
	}
	if *o == nil {
		*o = logOrder{}
	}
	if (*o)[chain+requestID] >= place {
		panic("lambdaenv: internal error: " + chain + kind + " of invocation " + requestID + " is out of order")
	}
	(*o)[chain+requestID] = place
	if kind == "report" {
		delete(*o, "entry "+requestID)
		delete(*o, "record "+requestID)
	}
}

func (l *eventLog) checkRecord(kind, requestID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.order.check("record ", kind, requestID)
}
