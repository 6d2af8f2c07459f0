package lambdaenv

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Headers of the Extensions API.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
const (
	headerExtensionName    = "Lambda-Extension-Name"
	headerExtensionID      = "Lambda-Extension-Identifier"
	headerExtensionEventID = "Lambda-Extension-Event-Identifier"
	headerExtensionError   = "Lambda-Extension-Function-Error-Type"
	headerExtensionFeature = "Lambda-Extension-Accept-Feature"
)

// Events for extensions.
const (
	eventInvoke   = "INVOKE"
	eventShutdown = "SHUTDOWN"
)

// maxExtensionBody bounds what an extension may send.
const maxExtensionBody = 1 << 20

// An extension is an external one, with its own process, or an internal one,
// inside the function's process.
type extension struct {
	name       string
	id         string   // given at registration
	process    *process // nil for an internal one
	state      extensionState
	events     []string
	next       chan<- extensionEvent // of its call for the next event, nil if there is none
	readyAt    time.Time
	errorType  string // that it reported
	subscribed bool   // to telemetry
}

// An extensionEvent is what answers a call for the next event.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
type extensionEvent struct {
	EventType  string   `json:"eventType"`
	Reason     string   `json:"shutdownReason,omitzero"` // lower case, unlike in the documentation
	DeadlineMs int64    `json:"deadlineMs"`
	RequestID  string   `json:"requestId,omitzero"`
	ARN        string   `json:"invokedFunctionArn,omitzero"`
	Tracing    *tracing `json:"tracing,omitzero"`
}

type tracing struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

func (x *extension) internal() bool { return x.process == nil }

func (x *extension) registeredFor(kind string) bool { return slices.Contains(x.events, kind) }

// send answers the extension's call for the next event, if there is one and the
// extension is registered for the event. SHUTDOWN is the last event.
func (x *extension) send(e *extensionEvent) {
	if x.next == nil || !x.registeredFor(e.EventType) {
		return
	}
	x.next <- *e
	x.next = nil
	x.enter(extensionRunning)
	if e.EventType == eventShutdown {
		x.events = nil
	}
}

// extensionRegister serves POST /extension/register.
func (s *sandbox) extensionRegister(w http.ResponseWriter, r *http.Request) *apiError {
	name := r.Header.Get(headerExtensionName)
	if name == "" {
		return forbidden("Extension.InvalidExtensionName", "Empty extension name")
	}
	var request struct{ Events []string }
	body, _, err := readBody(r.Body, maxExtensionBody)
	if err := cmp.Or(err, json.Unmarshal(body, &request)); err != nil {
		return forbidden("InvalidRequestFormat", err.Error())
	}
	id := newUUID()
	if refused := s.call(func() *apiError { return s.register(name, id, request.Events) }); refused != nil {
		return refused
	}
	answer := map[string]string{
		"functionName": s.env.cfg.Name, "functionVersion": functionVersion, "handler": handlerName,
	}
	if strings.Contains(r.Header.Get(headerExtensionFeature), "accountId") {
		answer["accountId"] = accountID
	}
	w.Header().Set(headerExtensionID, id)
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// register registers an extension for events. A name that is not the file name of an
// external extension makes it an internal one, which may register until the runtime
// requests its first event.
func (s *sandbox) register(name, id string, events []string) *apiError {
	i := slices.IndexFunc(s.extensions, func(x *extension) bool { return x.name == name })
	external := i >= 0 && !s.extensions[i].internal()
	if refused := s.checkEvents(external, events); refused != nil {
		return refused
	}
	var x *extension
	switch {
	case external:
		x = s.extensions[i]
	case s.runtimeRequestedEvent():
		return forbidden("Extension.RegistrationClosed", "Extension registration closed already")
	case len(s.extensions) >= maxExtensions:
		return forbidden("Extension.TooManyExtensions", fmt.Sprintf("Extension limit (%d) reached", maxExtensions))
	case i >= 0:
		return forbidden("Extension.InvalidExtensionState", "Extension with this name already registered")
	default:
		x = &extension{name: name, state: extensionStarted}
	}
	if refused := x.enter(extensionRegistered); refused != nil {
		return refused
	}
	if !external {
		s.extensions = append(s.extensions, x)
	}
	x.id = id
	x.events = slices.Compact(slices.Sorted(slices.Values(events)))
	return nil
}

// checkEvents refuses events that the extension may not register for. Internal
// extensions get no SHUTDOWN, and on a managed instance nobody gets INVOKE:
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
func (s *sandbox) checkEvents(external bool, events []string) *apiError {
	const errorType = "Extension.InvalidEventType"
	managed := s.env.cfg.managed()
	if managed && !external && len(events) > 0 {
		return forbidden(errorType, "No events allowed for internal extensions")
	}
	for _, event := range events {
		switch {
		case event == eventInvoke && !managed, event == eventShutdown && external:
		case event == eventShutdown:
			return forbidden(errorType, event+": ShutdownEventNotSupportedForInternalExtension")
		default:
			return forbidden(errorType, event+": ErrorInvalidEventType")
		}
	}
	return nil
}

// extensionNext serves GET /extension/event/next. It answers with the next
// event; until there is one it does not answer at all.
func (s *sandbox) extensionNext(w http.ResponseWriter, r *http.Request) *apiError {
	arrived := time.Now()
	next := make(chan extensionEvent, 1)
	refused := s.forExtension(r, "", func(x *extension) *apiError {
		if refused := x.enter(extensionReady); refused != nil {
			return refused
		}
		x.readyAt, x.next = arrived, next
		s.drain()
		if s.shutdownEvent != nil {
			x.send(s.shutdownEvent)
		}
		return nil
	})
	if refused != nil {
		return refused
	}
	event := receive(s, next)
	if event.EventType != eventShutdown { // which Lambda sends without headers
		w.Header().Set("Content-Type", contentJSON)
		w.Header().Set(headerExtensionEventID, newUUID())
	}
	w.Write(mustJSON(event))
	return nil
}

// extensionError serves POST /extension/init/error and /extension/exit/error, after
// which the extension should exit, and no other call of it succeeds.
func (s *sandbox) extensionError(next extensionState) apiHandler {
	return func(w http.ResponseWriter, r *http.Request) *apiError {
		if _, refused := extensionID(r); refused != nil {
			return refused
		}
		errorType := r.Header.Get(headerExtensionError)
		if errorType == "" {
			return forbidden("Extension.MissingHeader", headerExtensionError+" not found")
		}
		readBody(r.Body, maxExtensionBody) // nothing is done with it, here or on Lambda
		return accept(w, s.forExtension(r, "Unknown "+headerExtensionID, func(x *extension) *apiError {
			refused := x.enter(next)
			if refused == nil {
				x.errorType, x.next = errorType, nil
			}
			return refused
		}))
	}
}

// forExtension calls f on the goroutine of the environment with the extension that
// makes the call. If there is none, the call is refused with the message unknown, or
// one that has the identifier.
func (s *sandbox) forExtension(r *http.Request, unknown string, f func(*extension) *apiError) *apiError {
	id, refused := extensionID(r)
	if refused != nil {
		return refused
	}
	unknown = cmp.Or(unknown, "Unknown extension "+id)
	return s.call(func() *apiError {
		i := slices.IndexFunc(s.extensions, func(x *extension) bool { return x.id == id })
		if i < 0 {
			return forbidden("Extension.UnknownExtensionIdentifier", unknown)
		}
		return f(s.extensions[i])
	})
}

// extensionID is the identifier that the call names, in its usual form.
func extensionID(r *http.Request) (string, *apiError) {
	id := r.Header.Get(headerExtensionID)
	if id == "" {
		return "", forbidden("Extension.MissingExtensionIdentifier", "Missing "+headerExtensionID+" header")
	}
	if !uuidForm.MatchString(id) {
		return "", forbidden("Extension.InvalidExtensionIdentifier", "Invalid "+headerExtensionID)
	}
	return strings.ToLower(id), nil
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
