package lambdaenv

import (
	"fmt"
	"slices"
	"time"
)

// agentState is how far an extension has come. The names are those of Lambda's
// logs and error messages.
type agentState int

const (
	agentStarted agentState = iota
	agentRegistered
	agentReady   // waits for its next event
	agentRunning // works on an event
	agentInitError
	agentExitError
	agentLaunchError
	agentExited // only in an error message
)

func (s agentState) String() string {
	return [...]string{"Started", "Registered", "Ready", "Running", "InitError", "ExitError", "LaunchError", "Exited"}[s]
}

// An agent is an extension.
type agent struct {
	name      string
	id        string   // given at registration
	process   *process // nil for an internal one
	state     agentState
	events    []string
	invoke    bool // registered for INVOKE
	down      bool // registered for SHUTDOWN
	next      chan<- []byte
	readyAt   time.Time
	errorType string // that it reported

	subscribed bool // to telemetry
}

// give answers the extension's call for the next event.
func (a *agent) give(event []byte) {
	a.next <- event
	a.next = nil
	a.state = agentRunning
}

// tell gives the extension the SHUTDOWN event, once.
func (a *agent) tell(shutdown []byte) {
	a.give(shutdown)
	a.down = false
}

// byName returns the extension of that name, nil if there is none.
func (in *instance) byName(name string) *agent {
	i := slices.IndexFunc(in.agents, func(a *agent) bool { return a.name == name })
	if i < 0 {
		return nil
	}
	return in.agents[i]
}

// register registers an extension for events. A name that is not the file name
// of an external extension makes it an internal one: one inside the function's
// process, which may register until the runtime asks for its first event.
func (in *instance) register(name string, events []string) (*agent, *apiError) {
	a := in.byName(name)
	external := a != nil && a.process != nil
	if in.env.cfg.MaxConcurrency > 0 && !external && len(events) > 0 {
		return nil, forbidden("Extension.InvalidEventType", "No events allowed for internal extensions")
	}
	for _, event := range events {
		if why := in.notAllowed(external, event); why != "" {
			return nil, forbidden("Extension.InvalidEventType", event+": "+why)
		}
	}
	switch {
	case external && a.state != agentStarted:
		return nil, in.wrongState(a, agentRegistered, a.name)
	case external:
	case in.asked:
		return nil, forbidden("Extension.RegistrationClosed", "Extension registration closed already")
	case len(in.agents) >= maxExtensions:
		return nil, forbidden("Extension.TooManyExtensions", fmt.Sprintf("Extension limit (%d) reached", maxExtensions))
	case a != nil:
		return nil, forbidden("Extension.InvalidExtensionState", "Extension with this name already registered")
	default:
		a = &agent{name: name}
		in.agents = append(in.agents, a)
	}
	a.id = newUUID()
	a.state = agentRegistered
	a.events = slices.Compact(slices.Sorted(slices.Values(events)))
	a.invoke = slices.Contains(events, "INVOKE")
	a.down = slices.Contains(events, "SHUTDOWN")
	return a, nil
}

// notAllowed says why an extension may not register for the event, if so.
// Internal ones get no SHUTDOWN, and on a managed instance nobody gets INVOKE:
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
func (in *instance) notAllowed(external bool, event string) string {
	switch {
	case event == "INVOKE" && in.env.cfg.MaxConcurrency == 0, event == "SHUTDOWN" && external:
		return ""
	case event == "SHUTDOWN":
		return "ShutdownEventNotSupportedForInternalExtension"
	}
	return "ErrorInvalidEventType"
}

// agentAsks is the extension's call for the next event. It may be refused.
func (in *instance) agentAsks(a *agent, next chan<- []byte, arrived time.Time) *apiError {
	if a.state != agentRegistered && a.state != agentRunning {
		return in.wrongState(a, agentReady, a.id)
	}
	in.drainOf(a)
	a.state = agentReady
	a.readyAt = arrived
	a.next = next
	if in.shutdown != nil && a.down {
		a.tell(in.shutdown)
	}
	return nil
}

// passes marks an internal extension whose call for the next event was refused
// by Config.Refuse: nobody waits for it, and it gets no events. An external one
// is expected to exit.
func (in *instance) passes(a *agent, arrived time.Time) {
	if a.process == nil && a.next == nil {
		a.state = agentReady
		a.readyAt = arrived
	}
}

// agentFails is the extension's report of an error, after which it should exit
// and no call of it succeeds.
func (in *instance) agentFails(a *agent, to agentState, errorType string) *apiError {
	allowed := []agentState{agentRegistered, agentReady, agentRunning, agentExitError}
	if to == agentInitError {
		allowed = []agentState{agentRegistered, agentInitError}
	}
	if !slices.Contains(allowed, a.state) {
		if to == agentExitError {
			to = agentExited // as Lambda calls it here
		}
		return in.wrongState(a, to, a.id)
	}
	if a.state != to {
		a.state, a.errorType, a.next = to, errorType, nil
	}
	if in.agentError == "" {
		in.agentError = "Extension." + to.String()
	}
	return nil
}

// drainOf takes what the extension has printed so far.
func (in *instance) drainOf(a *agent) {
	switch {
	case a.process != nil:
		a.process.out.drain()
	case in.runtime != nil: // else an external one under another name
		in.runtime.out.drain()
	}
}

func (in *instance) wrongState(a *agent, to agentState, name string) *apiError {
	return forbidden("Extension.InvalidExtensionState",
		fmt.Sprintf("State transition from %v to %v failed for extension %s. Error: State transition is not allowed",
			a.state, to, name))
}
