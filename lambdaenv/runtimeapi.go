package lambdaenv

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Headers and trailers of the Runtime API.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
const (
	headerErrorType    = "Lambda-Runtime-Function-Error-Type"
	headerErrorBody    = "Lambda-Runtime-Function-Error-Body"
	headerResponseMode = "Lambda-Runtime-Function-Response-Mode"

	// headerInvocationID is another for each attempt, unlike the request id.
	// Runtimes that send it back are protected from answering a later attempt
	// with the late response of an earlier one:
	// https://github.com/aws/aws-lambda-rust-runtime/issues/1155
	headerInvocationID = "Lambda-Runtime-Invocation-Id"
)

// runtimeState is how far the runtime has come. The names are those of Lambda's
// error messages. On a managed instance, where the runtime works on many
// invocations at once, it stays in stateReady.
type runtimeState string

const (
	stateStarted       runtimeState = "Started"
	stateInitError     runtimeState = "InitError"
	stateReady         runtimeState = "Ready"   // waits for an event
	stateRunning       runtimeState = "Running" // has one
	stateResponse      runtimeState = "InvocationResponse"
	stateErrorResponse runtimeState = "InvocationErrorResponse"
	stateResponseSent  runtimeState = "RuntimeResponseSentState"
)

// runtimeNext serves GET /runtime/invocation/next. It answers with the next
// event; until there is one it does not answer at all.
func (in *instance) runtimeNext(w http.ResponseWriter, _ *http.Request) *apiError {
	arrived := time.Now()
	next := make(chan *invocation, 1)
	var refused *apiError
	in.mustDo(func() { refused = in.runtimeAsks(next, arrived) })
	if refused != nil {
		return refused
	}
	select {
	case inv := <-next:
		inv.writeHeader(w.Header(), in.env.cfg.functionARN(inv.request.Qualifier))
		w.Write(inv.request.Payload)
		return nil
	case <-in.over:
		panic(http.ErrAbortHandler)
	}
}

// writeHeader writes what the runtime gets beside the event.
func (inv *invocation) writeHeader(h http.Header, arn string) {
	for name, value := range map[string]string{
		"Lambda-Runtime-Aws-Request-Id":       inv.id,
		"Lambda-Runtime-Trace-Id":             inv.trace,
		"Lambda-Runtime-Invoked-Function-Arn": arn,
		"Lambda-Runtime-Deadline-Ms":          strconv.FormatInt(inv.deadline.UnixMilli(), 10),
		"Lambda-Runtime-Client-Context":       inv.request.ClientContext,
		"Lambda-Runtime-Cognito-Identity":     inv.request.cognito(),
		"Lambda-Runtime-Aws-Tenant-Id":        inv.request.TenantID,
		headerInvocationID:                    inv.attemptID,
		"Content-Type":                        contentJSON,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
}

// runtimeAsks is the runtime's call for the next event, with which it ends the
// invocation that it had.
func (in *instance) runtimeAsks(next chan<- *invocation, arrived time.Time) *apiError {
	if in.runtime == nil { // an extension asks, before the function was started
		return in.wrongRuntimeState(stateReady)
	}
	in.runtime.out.drain()
	switch in.state {
	case stateStarted:
		in.asked = true
	case stateReady:
	case stateRunning: // it has not answered: the same event again
		next <- in.current
		return nil
	case stateResponseSent:
		if in.stopping {
			break
		}
		inv := in.current
		inv.runtimeDone = arrived
		in.env.log.add(Entry{Source: Function, Kind: RuntimeDone, Text: "the runtime asked for the next event"})
		in.env.platform.runtimeDone(inv, arrived)
	default:
		return in.wrongRuntimeState(stateReady)
	}
	in.state = stateReady
	in.waiting = append(in.waiting, next)
	if in.env.cfg.MaxConcurrency > 0 {
		in.env.dispatch()
	}
	return nil
}

// runtimeInitError serves POST /runtime/init/error, after which the runtime
// should exit.
func (in *instance) runtimeInitError(w http.ResponseWriter, r *http.Request) *apiError {
	body, _ := readAll(r, maxResponse, nil) // whatever of it came
	var refused *apiError
	in.mustDo(func() {
		if in.runtime == nil || in.state != stateStarted {
			refused = in.wrongRuntimeState(stateInitError)
			return
		}
		in.state = stateInitError
		in.initError = validErrorType(r.Header.Get(headerErrorType))
		in.initReason = body
	})
	if refused == nil {
		writeJSON(w, http.StatusAccepted, statusOK)
	}
	return refused
}

func (in *instance) wrongRuntimeState(to runtimeState) *apiError {
	return forbidden("InvalidStateTransition",
		fmt.Sprintf("State transition from %s to %s failed for runtime. Error: State transition is not allowed",
			in.state, to))
}

// runtimeError serves POST /runtime/invocation/{id}/error.
func (in *instance) runtimeError(w http.ResponseWriter, r *http.Request) *apiError {
	return in.respond(w, r, stateErrorResponse, func(inv *invocation) (*Response, *apiError) {
		body, err := readAll(r, maxResponse, nil)
		if err != nil {
			return unread(err)
		}
		var reported struct {
			Message string   `json:"errorMessage"`
			Type    string   `json:"errorType"`
			Stack   []string `json:"stackTrace,omitempty"`
		}
		malformed := json.Unmarshal(body, &reported) // the body may be anything
		contentType := r.Header.Get("Content-Type")
		if contentType == "application/vnd.aws.lambda.error.cause+json" {
			// It has a cause for X-Ray, which is not for the caller.
			contentType, body = contentJSON, []byte(`"Invalid error body"`)
			if malformed == nil {
				body, _ = json.Marshal(reported)
			} else {
				contentType = "application/octet-stream"
			}
		}
		return &Response{
			Payload:       body,
			ContentType:   contentType,
			FunctionError: cmp.Or(r.Header.Get(headerErrorType), reported.Type, "Runtime.Unknown"),
		}, nil
	})
}
