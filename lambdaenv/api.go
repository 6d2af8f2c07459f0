package lambdaenv

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
)

const contentJSON = "application/json"

// discardLog keeps the HTTP server from writing to the log of the tests that
// a process died in the middle of a call.
var discardLog = log.New(io.Discard, "", 0)

var statusOK = struct {
	Status string `json:"status"`
}{"OK"}

// An apiError is a call refused, with the body that Lambda sends.
type apiError struct {
	status    int
	errorType string
	message   string
}

func forbidden(errorType, message string) *apiError {
	return &apiError{http.StatusForbidden, errorType, message}
}

// An apiHandler answers a call, or returns how to refuse it.
type apiHandler func(http.ResponseWriter, *http.Request) *apiError

// routes returns the Runtime API and the Extensions API.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
func (in *instance) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]apiHandler{
		"GET /2018-06-01/runtime/invocation/next":           in.runtimeNext,
		"POST /2018-06-01/runtime/invocation/{id}/response": in.runtimeResponse,
		"POST /2018-06-01/runtime/invocation/{id}/error":    in.runtimeError,
		"POST /2018-06-01/runtime/init/error":               in.runtimeInitError,
		"POST /2020-01-01/extension/register":               in.extensionRegister,
		"GET /2020-01-01/extension/event/next":              in.extensionNext,
		"POST /2020-01-01/extension/init/error":             in.extensionError("init/error", agentInitError),
		"POST /2020-01-01/extension/exit/error":             in.extensionError("exit/error", agentExitError),
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if !in.enter() {
				panic(http.ErrAbortHandler)
			}
			defer in.workers.Done()
			if e := h(w, r); e != nil {
				writeJSON(w, e.status, struct {
					Message string `json:"errorMessage"`
					Type    string `json:"errorType"`
				}{e.message, e.errorType})
			}
		})
	}
	return mux
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("lambdaenv: " + err.Error()) // what is sent marshals
	}
	w.Header().Set("Content-Type", contentJSON)
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}

// mustDo is do in a handler: when the instance is over, so is the call, without
// an answer.
func (in *instance) mustDo(f func()) {
	if !in.do(f) {
		panic(http.ErrAbortHandler)
	}
}
