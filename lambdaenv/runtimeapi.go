package lambdaenv

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
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

	// headerInvocationID is another for each attempt, unlike the request id.
	// Runtimes that send it back are protected from answering a later attempt
	// with the late response of an earlier one:
	// https://github.com/aws/aws-lambda-rust-runtime/issues/1155
	headerInvocationID = "Lambda-Runtime-Invocation-Id"
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

var (
	errInvalidRequestID = &apiError{http.StatusBadRequest, "InvalidRequestID", "Invalid request ID"}
	errInvokeTimeout    = &apiError{http.StatusGone, "InvokeTimeout", "Invoke timeout"}
)

// runtimeNext serves GET /runtime/invocation/next, with which the runtime also ends
// the invocation that it had. It answers with the next event; until there is one it
// does not answer at all.
func (s *sandbox) runtimeNext(w http.ResponseWriter, _ *http.Request) *apiError {
	arrived := time.Now()
	next := make(chan *invocation, 1)
	refused := s.call(func() *apiError {
		s.drain()
		before := s.runtimeState
		if before == runtimeRunning { // it has not responded: the same event again
			next <- s.current
			return nil
		}
		if refused := s.enterRuntime(runtimeReady); refused != nil {
			return refused
		}
		s.waiting = append(s.waiting, next)
		if before == runtimeResponseSent && !s.stopping {
			s.current.RuntimeDone = arrived
			s.env.log.add(Entry{Source: Function, Kind: RuntimeDone, Text: "the runtime requested the next event"})
			s.env.log.runtimeDone(s.current, arrived)
		}
		return nil
	})
	if refused != nil {
		return refused
	}
	inv := receive(s, next)
	inv.writeHeader(w.Header(), s.env.cfg.functionARN(inv.request.Qualifier))
	w.Write(inv.request.Payload)
	return nil
}

// writeHeader writes what the runtime gets with the event.
func (inv *invocation) writeHeader(h http.Header, arn string) {
	r := &inv.request
	cognito := ""
	if r.CognitoIdentityID != "" || r.CognitoIdentityPoolID != "" {
		cognito = string(mustJSON(map[string]string{
			"cognitoIdentityId": r.CognitoIdentityID, "cognitoIdentityPoolId": r.CognitoIdentityPoolID,
		}))
	}
	for name, value := range map[string]string{
		"Lambda-Runtime-Aws-Request-Id":       inv.RequestID,
		"Lambda-Runtime-Trace-Id":             r.TraceHeader,
		"Lambda-Runtime-Invoked-Function-Arn": arn,
		"Lambda-Runtime-Deadline-Ms":          strconv.FormatInt(inv.deadline.UnixMilli(), 10),
		"Lambda-Runtime-Client-Context":       r.ClientContext,
		"Lambda-Runtime-Cognito-Identity":     cognito,
		"Lambda-Runtime-Aws-Tenant-Id":        r.TenantID,
		headerInvocationID:                    inv.attemptID,
		"Content-Type":                        contentJSON,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
}

// runtimeRespond serves POST /runtime/invocation/{id}/response and …/error. There is a
// response for the caller in any case, and perhaps an error for the function.
func (s *sandbox) runtimeRespond(state runtimeState) apiHandler {
	return func(w http.ResponseWriter, r *http.Request) *apiError {
		arrived := time.Now()
		var inv *invocation
		refused := s.call(func() (refused *apiError) {
			inv, refused = s.beginResponse(r, state, arrived)
			return refused
		})
		if refused != nil {
			return refused
		}
		response, wrong := readResponse(r, inv, state)
		complete := time.Now()
		refused = s.call(func() *apiError { return s.endResponse(inv, response, complete) })
		return accept(w, cmp.Or(refused, wrong))
	}
}

// beginResponse finds the invocation that the response is for, or refuses it.
func (s *sandbox) beginResponse(r *http.Request, state runtimeState, arrived time.Time) (*invocation, *apiError) {
	id, attempt := r.PathValue("id"), r.Header.Get(headerInvocationID)
	inv := s.env.inProgress[id]
	managed := s.env.cfg.managed()
	switch {
	case s.late[id]:
		return nil, errInvokeTimeout
	case inv == nil, inv.HandedOver.IsZero(), s.stopping, managed && !inv.responding.IsZero():
		return nil, errInvalidRequestID
	case attempt != "" && attempt != inv.attemptID:
		return nil, errInvokeTimeout // of an earlier attempt
	case !managed:
		if refused := s.enterRuntime(state); refused != nil {
			return nil, refused
		}
	}
	inv.responding = arrived
	return inv, nil
}

// endResponse gives the response to the caller.
func (s *sandbox) endResponse(inv *invocation, r *Response, at time.Time) *apiError {
	if inv.answered { // the time ran out while the body arrived
		return errInvokeTimeout
	}
	s.drain()
	inv.Responded = at
	inv.produced = len(r.Payload)
	r.Latency = at.Sub(inv.HandedOver)
	if r.FunctionError != "" {
		inv.Status, inv.errorType = statusError, reportableType(r.FunctionError)
	}
	s.env.answer(inv, r)
	if s.env.cfg.managed() {
		return nil
	}
	return s.enterRuntime(runtimeResponseSent)
}

// readResponse reads a response or an error. Of one that it cannot read, caller and
// function each get an error.
func readResponse(r *http.Request, inv *invocation, state runtimeState) (*Response, *apiError) {
	source, limit := io.Reader(r.Body), int64(maxResponse)
	contentType, mode := r.Header.Get("Content-Type"), r.Header.Get(headerResponseMode)
	if state == runtimeResponse {
		if mode != "" && mode != "streaming" {
			return &Response{FunctionError: "Runtime.InvalidResponseModeHeader"},
				&apiError{http.StatusBadRequest, "InvalidFunctionResponseMode", "Invalid function response mode"}
		}
		if inv.streamed {
			source, limit = io.TeeReader(r.Body, responseWriter{inv.result}), maxStreamed
			inv.result.begin(contentType)
		}
	}
	body, size, err := readBody(source, limit)
	if err != nil {
		return errorResponse("Runtime.TruncatedResponse", "Response body ended early: "+err.Error()),
			&apiError{http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated"}
	}
	if size > limit {
		tooLarge := fmt.Sprintf("Response payload size (%d bytes) exceeded maximum allowed payload size (%d bytes).",
			size, limit)
		return errorResponse("Function.ResponseSizeTooLarge", tooLarge),
			&apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
				fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", limit)}
	}
	response := &Response{Payload: body, ContentType: contentType}
	if state == runtimeErrorResponse {
		var reported errorBody
		json.Unmarshal(body, &reported) // which may be anything
		response.FunctionError = cmp.Or(r.Header.Get(headerErrorType), reported.Type, "Runtime.Unknown")
	} else if errorType := r.Trailer.Get(headerErrorType); errorType != "" {
		// The function failed after it had begun to stream.
		response.FunctionError = errorType
		if b, err := base64.StdEncoding.DecodeString(r.Trailer.Get(headerErrorBody)); err == nil && len(b) > 0 {
			response.Payload, response.ContentType = b, contentJSON
		}
	}
	return response, nil
}

// runtimeInitError serves POST /runtime/init/error, after which the runtime
// should exit.
func (s *sandbox) runtimeInitError(w http.ResponseWriter, r *http.Request) *apiError {
	body, _, _ := readBody(r.Body, maxResponse) // as much of it as arrived
	return accept(w, s.call(func() *apiError {
		refused := s.enterRuntime(runtimeInitError)
		if refused == nil {
			s.initError, s.initReason = reportableType(r.Header.Get(headerErrorType)), body
		}
		return refused
	}))
}

var reportableError = regexp.MustCompile(`(Runtime|Function)\.[A-Z][a-zA-Z]+`)

// reportableType is the error type in the platform's records. A type that is not
// in Lambda's form does not get there.
func reportableType(t string) string {
	switch {
	case reportableError.MatchString(t):
		return t
	case strings.HasPrefix(t, "Function."):
		return "Function.Unknown"
	}
	return "Runtime.Unknown"
}
