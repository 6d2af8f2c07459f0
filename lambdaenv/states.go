package lambdaenv

import (
	"fmt"
	"slices"
)

// This file has the states of the runtime and of extensions, and every way from one to
// the next. The phase of an environment follows from its fields, by the first of these
// that holds: while the sandbox is stopping it is a reset or the Shutdown phase, without
// a sandbox it is cold, while frozen is set it is frozen, and with invocations in progress
// it is Invoke. Else it is the Init phase, or about to be frozen.

// runtimeState is the state of the runtime. The names are those of Lambda's error
// messages. On a managed instance, where the runtime works on many invocations at
// once, it stays ready.
type runtimeState string

const (
	runtimeStarted       runtimeState = "Started"
	runtimeInitError     runtimeState = "InitError"
	runtimeReady         runtimeState = "Ready"                    // waits for an event
	runtimeRunning       runtimeState = "Running"                  // has one
	runtimeResponse      runtimeState = "InvocationResponse"       // sends a response
	runtimeErrorResponse runtimeState = "InvocationErrorResponse"  // sends an error
	runtimeResponseSent  runtimeState = "RuntimeResponseSentState" // has sent either
)

var nextRuntimeStates = map[runtimeState][]runtimeState{
	runtimeStarted:       {runtimeReady, runtimeInitError},
	runtimeReady:         {runtimeReady, runtimeRunning}, // the former for a second call of /next
	runtimeRunning:       {runtimeResponse, runtimeErrorResponse},
	runtimeResponse:      {runtimeResponseSent},
	runtimeErrorResponse: {runtimeResponseSent},
	runtimeResponseSent:  {runtimeReady},
}

// enterRuntime changes the state of the runtime, or refuses to. There is no runtime
// while the extensions start.
func (s *sandbox) enterRuntime(next runtimeState) *apiError {
	if s.runtime == nil || !slices.Contains(nextRuntimeStates[s.runtimeState], next) {
		return wrongState("InvalidStateTransition", s.runtimeState, next, "runtime")
	}
	s.runtimeState = next
	return nil
}

// extensionState is the state of an extension. The names are those of Lambda's logs
// and error messages.
type extensionState string

const (
	extensionStarted     extensionState = "Started"
	extensionRegistered  extensionState = "Registered"
	extensionReady       extensionState = "Ready"   // waits for its next event
	extensionRunning     extensionState = "Running" // works on an event
	extensionInitError   extensionState = "InitError"
	extensionExitError   extensionState = "ExitError"
	extensionLaunchError extensionState = "LaunchError"
	extensionExited      extensionState = "Exited" // in an error message only
)

var nextExtensionStates = map[extensionState][]extensionState{
	extensionStarted:    {extensionRegistered, extensionLaunchError},
	extensionRegistered: {extensionReady, extensionInitError, extensionExitError},
	extensionReady:      {extensionRunning, extensionExitError},
	extensionRunning:    {extensionReady, extensionExitError},
	extensionInitError:  {extensionInitError}, // reported again
	extensionExitError:  {extensionExitError},
}

// enter changes the state of the extension, or refuses to.
func (x *extension) enter(next extensionState) *apiError {
	if slices.Contains(nextExtensionStates[x.state], next) {
		x.state = next
		return nil
	}
	name := x.id
	switch next {
	case extensionRegistered:
		name = x.name
	case extensionExitError:
		next = extensionExited // as Lambda calls it here
	}
	return wrongState("Extension.InvalidExtensionState", x.state, next, "extension "+name)
}

func wrongState[S ~string](errorType string, from, to S, of string) *apiError {
	return forbidden(errorType, fmt.Sprintf(
		"State transition from %s to %s failed for %s. Error: State transition is not allowed", from, to, of))
}
