// Package recipes_test runs each recipe as a compiled process in the local
// Lambda environment, with the extension.
//
// A recipe that calls a server calls a [gatedServer], which answers only after
// the test has opened its gate. The test does that when it has the response, so a
// recipe whose response waits for the server fails its test.
package recipes_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// start starts the recipe in a folder, with variables KEY=value.
func start(t *testing.T, recipe string, variables ...string) *lambdaenvtest.Env {
	t.Helper()
	return lambdaenvtest.Start(t, lambdaenv.Config{
		Function:   lambdaenvtest.Build(t, recipe),
		Extensions: []string{lambdaenvtest.Build(t, "../extension")},
		Env:        variables,
		LogFormat:  lambdaenv.JSON,
	})
}

// event returns an event of a recipe, from its file.
func event(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wantResponse checks the response of an invocation that did not fail.
func wantResponse(t *testing.T, response *lambdaenv.Response, want string) {
	t.Helper()
	if got := string(response.Payload); got != want || response.FunctionError != "" {
		t.Errorf("got response %s, error %q, want %s", got, response.FunctionError, want)
	}
}

// records returns the records in the log with a message, in order.
func records(t *testing.T, env *lambdaenvtest.Env, message string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for _, line := range env.Lines() {
		var r map[string]any
		if json.Unmarshal([]byte(line), &r) == nil && r["message"] == message {
			found = append(found, r)
		}
	}
	return found
}

// wantRecord checks fields of the only record with a message.
func wantRecord(t *testing.T, env *lambdaenvtest.Env, message string, fields map[string]any) {
	t.Helper()
	found := records(t, env, message)
	if len(found) != 1 {
		t.Fatalf("got %d records %q, want 1: %v", len(found), message, found)
	}
	for field, want := range fields {
		if got := found[0][field]; got != want {
			t.Errorf("%s of %q: got %v, want %v", field, message, got, want)
		}
	}
}

// wantInOrder checks that entries come in an order. They are named by the line
// they are, or by their kind.
func wantInOrder(t *testing.T, env *lambdaenvtest.Env, names ...string) {
	t.Helper()
	rest := env.Entries()
	for _, name := range names {
		at := 0
		for at < len(rest) && rest[at].Text != name && string(rest[at].Kind) != name {
			at++
		}
		if at == len(rest) {
			t.Fatalf("got no %q in its place, want %s", name, strings.Join(names, ", "))
		}
		rest = rest[at+1:]
	}
}

// A gatedServer answers every request with what serve writes, but only once
// the gate is open.
type gatedServer struct {
	*httptest.Server
	gate     chan struct{}
	requests chan string // the bodies of those that were answered
}

func newGatedServer(t *testing.T, serve http.HandlerFunc) *gatedServer {
	s := &gatedServer{gate: make(chan struct{}, 1), requests: make(chan string, 10)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read the request: %v", err)
		}
		select {
		case <-s.gate:
			serve(w, r)
			s.requests <- string(body)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// open lets one request pass.
func (s *gatedServer) open() { s.gate <- struct{}{} }

// passed returns the bodies of the requests that have passed.
func (s *gatedServer) passed() []string {
	var bodies []string
	for len(s.requests) > 0 {
		bodies = append(bodies, <-s.requests)
	}
	return bodies
}
