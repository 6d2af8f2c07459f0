package lambdaenv

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

const contentJSON = "application/json"

// Paths of the APIs.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
const (
	runtimePath    = "/2018-06-01/runtime/"
	invocationPath = runtimePath + "invocation/"
	extensionPath  = "/2020-01-01/extension/"
)

// An apiHandler answers a call, or returns how to refuse it.
type apiHandler func(http.ResponseWriter, *http.Request) *apiError

// An apiError is a refused call, with the body that Lambda sends.
type apiError struct {
	status    int
	errorType string
	message   string
}

// An errorBody is an error in the shape of Lambda's, for a refused call or a caller.
type errorBody struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func forbidden(errorType, message string) *apiError {
	return &apiError{http.StatusForbidden, errorType, message}
}

// A route is the one method that a path takes, and what serves it.
type route struct {
	method string
	serve  apiHandler
}

// handler serves the APIs. A path is compared as it was sent: unlike
// http.ServeMux it neither cleans nor decodes one, and HEAD is not GET, which
// would take an event from the runtime.
func (s *sandbox) handler() http.Handler {
	routes := map[string]route{
		invocationPath + "next":          {http.MethodGet, s.runtimeNext},
		invocationPath + "{id}/response": {http.MethodPost, s.runtimeRespond(runtimeResponse)},
		invocationPath + "{id}/error":    {http.MethodPost, s.runtimeRespond(runtimeErrorResponse)},
		runtimePath + "init/error":       {http.MethodPost, s.runtimeInitError},
		extensionPath + "register":       {http.MethodPost, s.extensionRegister},
		extensionPath + "event/next":     {http.MethodGet, s.extensionNext},
		extensionPath + "init/error":     {http.MethodPost, s.extensionError(extensionInitError)},
		extensionPath + "exit/error":     {http.MethodPost, s.extensionError(extensionExitError)},
		telemetryPath:                    {http.MethodPut, s.telemetrySubscribe},
		telemetryPath + "/":              {http.MethodPut, s.telemetrySubscribe}, // as the documentation writes it
		logsPath:                         {http.MethodPut, logsSubscribe},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.serving.TryRLock() { // close has begun to wait for the handlers
			panic(http.ErrAbortHandler)
		}
		defer s.serving.RUnlock()
		path := r.URL.EscapedPath()
		if rest, ok := strings.CutPrefix(path, invocationPath); ok {
			if id, call, ok := strings.Cut(rest, "/"); ok {
				r.SetPathValue("id", id)
				path = invocationPath + "{id}/" + call
			}
		}
		route, found := routes[path]
		if !found {
			http.NotFound(w, r)
			return
		}
		if r.Method != route.method {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		refused := s.env.cfg.refuse(path)
		if refused == nil {
			refused = route.serve(w, r)
		}
		if refused != nil {
			// A client that is still sending would see a reset connection
			// instead of the answer.
			io.CopyN(io.Discard, r.Body, min(r.ContentLength, maxStreamed))
			writeJSON(w, refused.status, errorBody{refused.errorType, refused.message})
		}
	})
}

// refuse is the fault that Config.Refuse asks for.
func (c *Config) refuse(path string) *apiError {
	call := strings.TrimPrefix(strings.TrimPrefix(path, extensionPath), "event/")
	if status := c.Refuse[call]; status != 0 {
		return &apiError{status, "Extension.Refused", "Config.Refuse has " + call}
	}
	return nil
}

// call calls f on the goroutine of the environment, for a handler. When the sandbox
// ends, so does the call, without an answer.
func (s *sandbox) call(f func() *apiError) (refused *apiError) {
	if !s.do(func() { refused = f() }) {
		panic(http.ErrAbortHandler)
	}
	return refused
}

// receive waits for the next event, for a handler. It ends like call.
func receive[T any](s *sandbox, next <-chan T) T {
	select {
	case event := <-next:
		return event
	case <-s.ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

// accept answers a call that has no result, unless it is refused.
func accept(w http.ResponseWriter, refused *apiError) *apiError {
	if refused == nil {
		writeJSON(w, http.StatusAccepted, map[string]string{"status": "OK"})
	}
	return refused
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", contentJSON)
	w.WriteHeader(status)
	w.Write(append(mustJSON(v), '\n'))
}

// mustJSON marshals a value that always marshals.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("lambdaenv: internal error: " + err.Error())
	}
	return b
}

// readBody reads the body up to a limit. size is that of all of it.
func readBody(r io.Reader, limit int64) (body []byte, size int64, err error) {
	body, err = io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		return body, 0, err
	}
	rest, err := io.Copy(io.Discard, r)
	return body, int64(len(body)) + rest, err
}
