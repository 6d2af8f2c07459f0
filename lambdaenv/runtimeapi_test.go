package lambdaenv_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
)

func TestEventOfTheRuntime(t *testing.T) {
	t.Parallel()
	se, function, next := startStub(t, lambdaenv.Config{Name: "orders", Timeout: time.Minute})
	before := time.Now()
	event, id, response := se.do(lambdaenv.Request{Payload: []byte(`{"order": 7}`)}, next)
	accepted(t, event, http.StatusOK)
	if event.body != `{"order": 7}` {
		t.Errorf("got body %q", event.body)
	}
	for header, pattern := range map[string]string{
		"Content-Type":                        `^application/json$`,
		"Lambda-Runtime-Aws-Request-Id":       `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		"Lambda-Runtime-Invoked-Function-Arn": `^arn:aws:lambda:us-east-1:123456789012:function:orders$`,
		"Lambda-Runtime-Trace-Id":             `^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$`,
	} {
		if got := event.header.Get(header); !regexp.MustCompile(pattern).MatchString(got) {
			t.Errorf("got %s %q, want %s", header, got, pattern)
		}
	}
	ms, err := strconv.ParseInt(event.header.Get("Lambda-Runtime-Deadline-Ms"), 10, 64)
	if deadline := time.UnixMilli(ms); err != nil ||
		deadline.Before(before.Add(time.Minute).Truncate(time.Millisecond)) ||
		deadline.After(time.Now().Add(time.Minute)) {
		t.Errorf("got deadline %v (%v), want a minute from now", deadline, err)
	}
	accepted(t, function.respond(id, `"done"`, "Content-Type", "application/json"), http.StatusAccepted)
	if r := <-response; string(r.Payload) != `"done"` || r.RequestID != id || r.FunctionError != "" ||
		r.ContentType != "application/json" {
		t.Errorf("got %+v", r)
	}
}

func TestErrorOfTheFunction(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ header, body, caller, log string }{
		{"Function.NoOrder", `{"errorType":"NoOrder"}`, "Function.NoOrder", "Function.NoOrder"},
		{"", `{"errorType":"NoOrder","errorMessage":"gone"}`, "NoOrder", "Runtime.Unknown"},
		{"", `gone`, "Runtime.Unknown", "Runtime.Unknown"},
		{"Function.no order", `{}`, "Function.no order", "Function.Unknown"},
	} {
		t.Run(tt.caller+" of "+tt.body, func(t *testing.T) {
			se, function, next := startStub(t, lambdaenv.Config{})
			_, id, response := se.do(lambdaenv.Request{Payload: []byte(`{}`)}, next)
			var header []string
			if tt.header != "" {
				header = []string{"Lambda-Runtime-Function-Error-Type", tt.header}
			}
			accepted(t, function.respondError(id, tt.body, header...), http.StatusAccepted)
			if r := <-response; r.FunctionError != tt.caller || string(r.Payload) != tt.body {
				t.Errorf("got %+v with %q, want %s with %s", r, r.Payload, tt.caller, tt.body)
			}
			function.runtimeNext()
			report, err := se.env.WaitIdle(t.Context())
			if err != nil || report.Status != "error" {
				t.Errorf("got %+v and %v, want status error", report, err)
			}
			se.env.Close()
			entries := se.env.Entries()
			for _, e := range entries {
				want := "\tStatus: error\tError Type: " + tt.log
				if strings.HasPrefix(e.Text, "REPORT") && !strings.HasSuffix(e.Text, want) {
					t.Errorf("got %q, want error type %s", e.Text, tt.log)
				}
			}
		})
	}
}

// The caller has the response only when all of it is there, and until then the
// runtime cannot request another event.
func TestCallerWaitsForTheWholeBody(t *testing.T) {
	t.Parallel()
	se, function, next := startStub(t, lambdaenv.Config{})
	_, id, response := se.do(lambdaenv.Request{Payload: []byte(`{}`)}, next)
	r, w := io.Pipe()
	posted := make(chan answer, 1)
	go func() { posted <- function.chunked(id, r, nil) }()
	io.WriteString(w, "first, ")
	refusedWhileResponding := <-function.runtimeNext()
	for refusedWhileResponding.status == http.StatusOK { // the response had not arrived: the same event
		refusedWhileResponding = <-function.runtimeNext()
	}
	refused(t, refusedWhileResponding, 403, "InvalidStateTransition",
		"State transition from InvocationResponse to Ready failed for runtime. Error: State transition is not allowed")
	select {
	case r := <-response:
		t.Errorf("got %+v before the end of the body", r)
	default:
	}
	io.WriteString(w, "second")
	w.Close()
	accepted(t, <-posted, http.StatusAccepted)
	if r := <-response; string(r.Payload) != "first, second" {
		t.Errorf("got %q", r.Payload)
	}
}

func TestResponseThatBreaksOff(t *testing.T) {
	t.Parallel()
	se, function, next := startStub(t, lambdaenv.Config{})
	_, id, response := se.do(lambdaenv.Request{Payload: []byte(`{}`)}, next)
	conn, err := net.Dial("tcp", strings.TrimPrefix(function.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST %sinvocation/%s/response HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
		runtimePath, id)
	conn.Close()
	if r := <-response; r.FunctionError != "Runtime.TruncatedResponse" {
		t.Errorf("got %+v, want Runtime.TruncatedResponse", r)
	}
}
