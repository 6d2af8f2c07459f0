package lambdaenv

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"strings"
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

// A route is the one method that a path takes, and what serves it.
type route struct {
	method string
	serve  apiHandler
}

// Paths of the APIs.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
const (
	runtimePath    = "/2018-06-01/runtime/"
	invocationPath = runtimePath + "invocation/"
	extensionPath  = "/2020-01-01/extension/"
)

// routes are the paths that have no variable part.
func (in *instance) routes() map[string]route {
	return map[string]route{
		invocationPath + "next":      {http.MethodGet, in.runtimeNext},
		runtimePath + "init/error":   {http.MethodPost, in.runtimeInitError},
		extensionPath + "register":   {http.MethodPost, in.extensionRegister},
		extensionPath + "event/next": {http.MethodGet, in.extensionNext},
		extensionPath + "init/error": {http.MethodPost, in.extensionError("init/error", agentInitError)},
		extensionPath + "exit/error": {http.MethodPost, in.extensionError("exit/error", agentExitError)},
		telemetryPath:                {http.MethodPut, in.telemetrySubscribe},
		telemetryPath + "/":          {http.MethodPut, in.telemetrySubscribe}, // as the documentation writes it
		logsPath:                     {http.MethodPut, in.logsSubscribe},
	}
}

// handler serves the APIs. A path is compared as it was sent: unlike
// http.ServeMux it neither cleans nor decodes one, and HEAD is not GET, which
// would take an event from the runtime.
func (in *instance) handler() http.Handler {
	routes := in.routes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !in.enter() {
			panic(http.ErrAbortHandler)
		}
		defer in.workers.Done()
		path := r.URL.EscapedPath()
		to, found := routes[path]
		if id, call, ok := invocationCall(path); ok {
			r.SetPathValue("id", id)
			to, found = route{http.MethodPost, in.runtimeResponse}, true
			if call == "error" {
				to.serve = in.runtimeError
			}
		}
		var refused *apiError
		switch {
		case !found:
			http.NotFound(w, r)
		case r.Method != to.method:
			w.Header().Set("Allow", to.method)
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			refused = to.serve(w, r)
		}
		if refused != nil {
			// A client that is still sending would see a reset connection
			// instead of the answer.
			io.CopyN(io.Discard, r.Body, min(r.ContentLength, maxStreamed))
			writeJSON(w, refused.status, struct {
				Message string `json:"errorMessage"`
				Type    string `json:"errorType"`
			}{refused.message, refused.errorType})
		}
	})
}

// invocationCall splits the path of the two calls that name an invocation.
func invocationCall(path string) (id, call string, ok bool) {
	rest, ok := strings.CutPrefix(path, invocationPath)
	if !ok {
		return "", "", false
	}
	id, call, ok = strings.Cut(rest, "/")
	return id, call, ok && (call == "response" || call == "error")
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
