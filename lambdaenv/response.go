package lambdaenv

import (
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// MaxEvent is the size of the largest event that Lambda takes from a caller who
// waits, in bytes.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const MaxEvent = 6 << 20

// Limits of a response, from there.
const (
	maxResponse = 6<<20 + 100
	maxStreamed = 200 << 20
)

// respond takes the function's response, which read gets from the request: one
// for the caller in any case, and perhaps an error for the function.
func (in *instance) respond(w http.ResponseWriter, r *http.Request, read func() (*Response, *apiError)) *apiError {
	arrived := time.Now()
	var inv *invocation
	var refused *apiError
	in.mustDo(func() { inv, refused = in.claim(r.PathValue("id"), arrived) })
	if refused != nil {
		return refused
	}
	response, failed := read()
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
func (in *instance) claim(id string, arrived time.Time) (*invocation, *apiError) {
	if in.env.cfg.MaxConcurrency > 0 {
		return in.claimManaged(id, arrived)
	}
	inv := in.current
	switch {
	case inv == nil || inv.id != id || in.stopping:
		return nil, errInvalidRequestID
	case !inv.responding.IsZero():
		return nil, wrongRuntimeState("ResponseSent", "InvocationResponse")
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
	if in.env.cfg.MaxConcurrency > 0 {
		in.env.finishManaged(inv, at)
	}
	return nil
}

var errTooLarge = errors.New("too large")

// readAll reads the body, if it is not longer than limit.
func readAll(r *http.Request, limit int) ([]byte, error) {
	if r.ContentLength > int64(limit) {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(limit)+1))
	if err == nil && len(body) > limit {
		err = errTooLarge
	}
	return body, err
}

var reportableError = regexp.MustCompile(`^(Runtime|Function)\.[A-Z][a-zA-Z]+$`)

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
