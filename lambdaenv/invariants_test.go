package lambdaenv

import (
	"fmt"
	"slices"
)

// The state of every environment is checked after each step and each call of an API,
// in all tests of this package.
func init() {
	afterStep = func(e *Environment) {
		if err := e.checkInvariants(); err != nil {
			panic("lambdaenv: internal error: " + err.Error())
		}
	}
}

// checkInvariants returns what is wrong with the state of the environment.
func (e *Environment) checkInvariants() error {
	switch limit := max(1, e.cfg.MaxConcurrency); {
	case len(e.inProgress) > limit:
		return fmt.Errorf("%d invocations in progress, more than %d", len(e.inProgress), limit)
	case e.frozen && (e.sandbox == nil || e.cfg.managed()):
		return fmt.Errorf("nothing that can be is frozen")
	case e.frozen && len(e.inProgress) > 0:
		return fmt.Errorf("an invocation is in progress while frozen")
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
	if e.sandbox == nil {
		return nil
	}
	return e.sandbox.checkInvariants()
}

// checkInvariants returns what is wrong with an invocation in progress: what happens
// to it happens in one order.
func (inv *invocation) checkInvariants() error {
	switch {
	case inv.begun.IsZero():
		return fmt.Errorf("is in progress, and has not begun")
	case !inv.responding.IsZero() && inv.HandedOver.IsZero():
		return fmt.Errorf("has a response, and was not handed over")
	case !inv.Responded.IsZero() && (inv.responding.IsZero() || !inv.answered):
		return fmt.Errorf("was responded to without a response")
	case !inv.RuntimeDone.IsZero() && inv.Responded.IsZero():
		return fmt.Errorf("is done in the runtime, without a response")
	}
	return nil
}

func (s *sandbox) checkInvariants() error {
	inProgress, managed := len(s.env.inProgress) > 0, s.env.cfg.managed()
	busy := s.current != nil && s.current.RuntimeDone.IsZero()
	switch {
	case managed && s.current != nil:
		return fmt.Errorf("a managed instance has a current invocation")
	case s.env.frozen && s.runtimeState != runtimeReady:
		return fmt.Errorf("the runtime is %s while frozen", s.runtimeState)
	case inProgress && busy && !s.stopping && s.runtimeState == runtimeReady:
		return fmt.Errorf("the runtime is %s, and its invocation in progress", s.runtimeState)
	case s.shutdownEvent != nil && !s.stopping:
		return fmt.Errorf("there is a SHUTDOWN event outside of a reset and the Shutdown phase")
	}
	atRest := []extensionState{extensionReady, extensionExitError}
	for _, x := range s.extensions {
		switch {
		case x.next != nil && x.state != extensionReady:
			return fmt.Errorf("extension %q waits for an event, and is %s", x.name, x.state)
		case s.env.frozen && !slices.Contains(atRest, x.state):
			return fmt.Errorf("extension %q is %s while frozen", x.name, x.state)
		}
	}
	return nil
}
