package lambdaenv

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Limits of events, in bytes.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	MaxEvent      = 6 << 20 // of a caller who waits for the response
	MaxAsyncEvent = 1 << 20 // of one who does not
)

// Limits of a response, from there.
const (
	maxResponse = 6<<20 + 100
	maxStreamed = 200 << 20
)

// runtimeResponse serves POST /runtime/invocation/{id}/response.
func (in *instance) runtimeResponse(w http.ResponseWriter, r *http.Request) *apiError {
	return in.respond(w, r, stateResponse, func(inv *invocation) (*Response, *apiError) {
		mode := r.Header.Get(headerResponseMode)
		if mode != "" && mode != "streaming" {
			return &Response{FunctionError: "Runtime.InvalidResponseModeHeader"},
				&apiError{http.StatusBadRequest, "InvalidFunctionResponseMode", "Invalid function response mode"}
		}
		limit := int64(maxResponse)
		if inv.stream != nil {
			limit = maxStreamed
			inv.stream.begin(r.Header.Get("Content-Type"))
		}
		body, err := readAll(r, limit, inv.stream)
		if err != nil {
			return unread(err)
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

// respond takes the function's response, which read gets from the request: one
// for the caller in any case, and perhaps an error for the function.
func (in *instance) respond(w http.ResponseWriter, r *http.Request, to runtimeState,
	read func(*invocation) (*Response, *apiError),
) *apiError {
	arrived := time.Now()
	var inv *invocation
	var refused *apiError
	in.mustDo(func() { inv, refused = in.claim(r, to, arrived) })
	if refused != nil {
		return refused
	}
	response, failed := read(inv)
	done := time.Now()
	in.mustDo(func() { refused = in.complete(inv, response, recordedType(r, response), done) })
	if refused == nil {
		refused = failed
	}
	if refused == nil {
		writeJSON(w, http.StatusAccepted, statusOK)
	}
	return refused
}

var errInvalidRequestID = &apiError{http.StatusBadRequest, "InvalidRequestID", "Invalid request ID"}

// claim checks that a response with that id may come now.
func (in *instance) claim(r *http.Request, to runtimeState, arrived time.Time) (*invocation, *apiError) {
	id, attempt := r.PathValue("id"), r.Header.Get(headerInvocationID)
	inv := in.current
	if in.env.cfg.MaxConcurrency > 0 {
		if in.late[id] {
			return nil, errInvokeTimeout
		}
		if inv = in.running[id]; inv != nil && !inv.responding.IsZero() {
			inv = nil
		}
	}
	switch {
	case inv == nil || inv.id != id || in.stopping:
		return nil, errInvalidRequestID
	case attempt != "" && attempt != inv.attemptID:
		return nil, errInvokeTimeout // of an attempt that is over
	case in.env.cfg.MaxConcurrency > 0:
	case in.state != stateRunning:
		return nil, in.wrongRuntimeState(to)
	default:
		in.state = to
	}
	inv.responding = arrived
	return inv, nil
}

// complete gives the response to the caller.
func (in *instance) complete(inv *invocation, r *Response, errorType string, at time.Time) *apiError {
	if inv.answered { // the time ran out while the body came
		if in.env.cfg.MaxConcurrency > 0 {
			return errInvokeTimeout
		}
		return errInvalidRequestID
	}
	in.runtime.out.drain()
	inv.responded = at
	inv.produced = len(r.Payload)
	r.Latency = at.Sub(inv.handedOver)
	if r.FunctionError != "" {
		inv.status, inv.errorType = statusError, errorType
	}
	in.env.answer(inv, r)
	switch {
	case in.env.cfg.MaxConcurrency > 0:
		in.env.finishManaged(inv, at)
	case r.FunctionError == "Runtime.InvalidResponseModeHeader":
		// Lambda leaves such a runtime in its state, with no way out but to exit.
	default:
		in.state = stateResponseSent
	}
	return nil
}

// A tooLargeError says how large a body was that is larger than it may be.
type tooLargeError struct{ size, limit int64 }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("Response payload size (%d bytes) exceeded maximum allowed payload size (%d bytes).",
		e.size, e.limit)
}

// readAll reads the body, if it is not longer than limit, and passes it on as it
// comes. All of one that is too long is read and counted.
func readAll(r *http.Request, limit int64, stream *ResponseStream) ([]byte, error) {
	var body []byte
	chunk := make([]byte, 32<<10)
	for size := int64(0); ; {
		n, err := r.Body.Read(chunk)
		if size += int64(n); size <= limit {
			body = append(body, chunk[:n]...)
			stream.write(chunk[:n])
		}
		switch {
		case err == io.EOF && size > limit:
			return body, &tooLargeError{size, limit}
		case err == io.EOF:
			return body, nil
		case err != nil:
			return body, err
		}
	}
}

// unread is what caller and function get of a body that could not be read.
func unread(err error) (*Response, *apiError) {
	if e, ok := err.(*tooLargeError); ok {
		return errorResponse("Function.ResponseSizeTooLarge", e.Error()),
			&apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
				fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", e.limit)}
	}
	return errorResponse("Runtime.TruncatedResponse", "Response body ended early: "+err.Error()),
		&apiError{http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated"}
}

var reportableError = regexp.MustCompile(`(Runtime|Function)\.[A-Z][a-zA-Z]+`)

// recordedType is the error type in the platform's records. A type that is not
// in Lambda's form does not get there.
func recordedType(r *http.Request, response *Response) string {
	if reportableError.MatchString(response.FunctionError) {
		return response.FunctionError
	}
	return validErrorType(r.Header.Get(headerErrorType))
}

func validErrorType(t string) string {
	switch {
	case reportableError.MatchString(t):
		return t
	case strings.HasPrefix(t, "Function."):
		return "Function.Unknown"
	}
	return "Runtime.Unknown"
}
