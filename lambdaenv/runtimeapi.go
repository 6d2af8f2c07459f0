package lambdaenv

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Headers and trailers of the Runtime API.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
const (
	headerErrorType    = "Lambda-Runtime-Function-Error-Type"
	headerErrorBody    = "Lambda-Runtime-Function-Error-Body"
	headerResponseMode = "Lambda-Runtime-Function-Response-Mode"
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
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		h.Set("Lambda-Runtime-Trace-Id", inv.trace)
		h.Set("Lambda-Runtime-Invoked-Function-Arn", in.env.cfg.functionARN())
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		h.Set("Content-Type", contentJSON)
		w.Write(inv.payload)
		return nil
	case <-in.over:
		panic(http.ErrAbortHandler)
	}
}

// runtimeAsks is the runtime's call for the next event, with which it ends the
// invocation that it had.
func (in *instance) runtimeAsks(next chan<- *invocation, arrived time.Time) *apiError {
	in.runtime.out.drain()
	inv := in.current
	switch {
	case in.initError != "":
		return wrongRuntimeState("InitError", "Ready")
	case inv == nil || !inv.runtimeDone.IsZero() || in.stopping:
		in.asked = true
	case inv.responding.IsZero():
		next <- inv // it has not answered: the same event again
		return nil
	case inv.responded.IsZero():
		return wrongRuntimeState("InvocationResponse", "Ready")
	default:
		inv.runtimeDone = arrived
		in.env.log.add(Entry{Source: Function, Kind: RuntimeDone, Text: "the runtime asked for the next event"})
		in.env.platform.runtimeDone(inv, arrived)
	}
	in.waiting = append(in.waiting, next)
	if in.env.cfg.MaxConcurrency > 0 {
		in.env.dispatch()
	}
	return nil
}

// runtimeResponse serves POST /runtime/invocation/{id}/response.
func (in *instance) runtimeResponse(w http.ResponseWriter, r *http.Request) *apiError {
	return in.respond(w, r, func() (*Response, *apiError) {
		limit := maxResponse
		switch mode := r.Header.Get(headerResponseMode); {
		case strings.EqualFold(mode, "streaming"):
			limit = maxStreamed
		case mode != "":
			return errorResponse("Runtime.InvalidResponseModeHeader", "Invalid function response mode"),
				&apiError{http.StatusBadRequest, "InvalidFunctionResponseMode", "Invalid function response mode"}
		}
		body, err := readAll(r, limit)
		switch {
		case errors.Is(err, errTooLarge):
			return errorResponse("Function.ResponseSizeTooLarge", fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", limit)),
				&apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", limit)}
		case err != nil:
			return errorResponse("Runtime.TruncatedResponse", "Response body ended early: "+err.Error()),
				&apiError{http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated"}
		}
		response := &Response{Payload: body, ContentType: r.Header.Get("Content-Type")}
		if errorType := r.Trailer.Get(headerErrorType); errorType != "" {
			// The function failed after it had begun to stream.
			response.FunctionError = errorType
			if b, err := base64.StdEncoding.DecodeString(r.Trailer.Get(headerErrorBody)); err == nil && len(b) > 0 {
				response.Payload, response.ContentType = b, contentJSON
			}
		}
		return response, nil
	})
}

// runtimeError serves POST /runtime/invocation/{id}/error.
func (in *instance) runtimeError(w http.ResponseWriter, r *http.Request) *apiError {
	return in.respond(w, r, func() (*Response, *apiError) {
		body, err := readAll(r, maxResponse)
		switch {
		case errors.Is(err, errTooLarge):
			return errorResponse("Function.ResponseSizeTooLarge", "Error payload size exceeded the maximum."),
				&apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", maxResponse)}
		case err != nil:
			return errorResponse("Runtime.TruncatedResponse", "Error body ended early: "+err.Error()),
				&apiError{http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated"}
		}
		var reported struct {
			Type string `json:"errorType"`
		}
		json.Unmarshal(body, &reported) // the body may be anything
		return &Response{
			Payload:       body,
			ContentType:   r.Header.Get("Content-Type"),
			FunctionError: cmp.Or(r.Header.Get(headerErrorType), reported.Type, "Runtime.Unknown"),
		}, nil
	})
}

// runtimeInitError serves POST /runtime/init/error, after which the runtime
// should exit.
func (in *instance) runtimeInitError(w http.ResponseWriter, r *http.Request) *apiError {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxResponse))
	var refused *apiError
	in.mustDo(func() {
		if in.asked || in.initError != "" {
			refused = wrongRuntimeState("Ready", "InitError")
			return
		}
		in.initError = validErrorType(r.Header.Get(headerErrorType))
		in.initReason = string(body)
	})
	if refused == nil {
		writeJSON(w, http.StatusAccepted, statusOK)
	}
	return refused
}

func wrongRuntimeState(from, to string) *apiError {
	return forbidden("InvalidStateTransition",
		fmt.Sprintf("State transition from %s to %s failed for runtime. Error: State transition is not allowed", from, to))
}
