package lambdaenv_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

func TestManagedInstanceServesManyAtOnce(t *testing.T) {
	t.Parallel()
	gate := newGate(t)
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t), MaxConcurrency: 3, SystemLogLevel: "DEBUG"})
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if r := env.Invoke(event{"Gate": gate.String()}.String()); r.FunctionError != "" {
				t.Errorf("got %+v", r)
			}
		})
	}
	open := []func(){gate.next(), gate.next(), gate.next()} // three at once
	if n := len(gate.waiting); n != 0 {
		t.Errorf("got %d more, want no more than the limit", n)
	}
	open[1]()
	fourth := gate.next()
	open[0]()
	fifth := gate.next()
	for _, f := range []func(){open[2], fourth, fifth} {
		f()
	}
	wg.Wait()
	report := env.WaitIdle()
	if report.Status != "success" || report.Init != 0 {
		t.Errorf("got %+v", report)
	}
	var types []string
	for _, r := range records(t, env) {
		types = append(types, r.Type)
		if len(r.Record.Metrics) > 0 && r.Type == "platform.report" && len(r.Record.Metrics) != 1 {
			t.Errorf("got metrics %v, want the duration alone", r.Record.Metrics)
		}
	}
	if slices.Contains(types, "platform.runtimeDone") || !slices.Contains(types, "platform.report") {
		t.Errorf("got records %q, want reports and no runtimeDone", types)
	}
	if _, ok := find(env, func(e lambdaenv.Entry) bool { return e.Kind == lambdaenv.Frozen }); ok {
		t.Error("a managed instance was frozen")
	}
}

func TestManagedInstanceTimesOutOneAlone(t *testing.T) {
	t.Parallel()
	expire := make(chan struct{})
	se := newStubEnv(t, lambdaenv.WithExpire(lambdaenv.Config{MaxConcurrency: 2}, expire))
	function := se.nextProcess()
	next := function.runtimeNext()
	se.started()

	_, lateID, late := se.do(lambdaenv.Request{}, next)
	_, id, response := se.do(lambdaenv.Request{}, function.runtimeNext())
	accepted(t, function.respond(id, "1"), http.StatusAccepted)
	if r := <-response; r.FunctionError != "" {
		t.Errorf("got %+v, want success", r)
	}
	refused(t, function.respond(id, "2"), 400, "InvalidRequestID", "Invalid request ID")
	expire <- struct{}{}
	if r := <-late; r.FunctionError != "Sandbox.Timedout" || r.RequestID != lateID {
		t.Errorf("got %+v, want Sandbox.Timedout of %s", r, lateID)
	}
	refused(t, function.respond(lateID, "3"), 410, "InvokeTimeout", "Invoke timeout")
	refused(t, function.respondError(lateID, "{}"), 410, "InvokeTimeout", "Invoke timeout")

	// The same process continues.
	_, id, response = se.do(lambdaenv.Request{Payload: []byte(`{}`)}, function.runtimeNext())
	accepted(t, function.respond(id, "4"), http.StatusAccepted)
	if r := <-response; string(r.Payload) != "4" {
		t.Errorf("got %+v, want the response", r)
	}
}

// The next attempt has the same request id, and its response counts.
func TestManagedInstanceTakesTheResponseOfTheNextAttempt(t *testing.T) {
	t.Parallel()
	expire := make(chan struct{})
	se := newStubEnv(t, lambdaenv.WithExpire(lambdaenv.Config{MaxConcurrency: 2}, expire))
	function := se.nextProcess()
	next := function.runtimeNext()
	se.started()
	invoked, err := se.env.Do(t.Context(), lambdaenv.Request{Async: true})
	if err != nil {
		t.Fatal(err)
	}
	<-next
	next = function.runtimeNext()
	expire <- struct{}{}
	<-next
	if got := function.respond(invoked.RequestID, "1"); got.status != http.StatusAccepted {
		t.Fatalf("got %+v, want it accepted", got)
	}
	if report, err := se.env.WaitIdle(t.Context()); err != nil || report.Status != "success" {
		t.Errorf("got %+v and %v, want success", report, err)
	}
}

func TestManagedInstanceRefusesInvokeEvents(t *testing.T) {
	t.Parallel()
	se := newStubEnv(t, lambdaenv.Config{MaxConcurrency: 2}, "ext")
	ext := se.nextProcess()
	refused(t, ext.register("ext", `"INVOKE"`), 403, "Extension.InvalidEventType", "INVOKE: ErrorInvalidEventType")
	accepted(t, ext.register("ext", `"SHUTDOWN"`), http.StatusOK)
	event := ext.extensionNext()
	function := se.nextProcess()
	internal := &client{t: t, base: function.base}
	for _, event := range []string{"INVOKE", "SHUTDOWN"} {
		refused(t, internal.register("inside", fmt.Sprintf("%q", event)), 403, "Extension.InvalidEventType",
			"No events allowed for internal extensions")
	}
	accepted(t, internal.register("inside", ""), http.StatusOK)
	internal.extensionNext()
	next := function.runtimeNext()
	env := se.started()

	_, id, response := se.do(lambdaenv.Request{Payload: []byte(`{}`)}, next)
	accepted(t, function.respond(id, "1"), http.StatusAccepted)
	<-response
	go env.Shutdown(t.Context(), "")
	if got := <-event; got.status != http.StatusOK {
		t.Errorf("got %+v, want SHUTDOWN", got)
	}

	functionVars, extVars := se.variables(lambdaenv.Function), se.variables(lambdaenv.Extension)
	for _, vars := range []map[string]string{functionVars, extVars} {
		if got := vars["AWS_LAMBDA_INITIALIZATION_TYPE"]; got != "lambda-managed-instances" {
			t.Errorf("got initialization type %q", got)
		}
		if vars["AWS_LAMBDA_LOG_FORMAT"] != "JSON" || vars["AWS_LAMBDA_LOG_LEVEL"] != "INFO" {
			t.Errorf("got log format %q and level %q", vars["AWS_LAMBDA_LOG_FORMAT"], vars["AWS_LAMBDA_LOG_LEVEL"])
		}
	}
	if _, ok := extVars["AWS_LAMBDA_MAX_CONCURRENCY"]; ok || functionVars["AWS_LAMBDA_MAX_CONCURRENCY"] != "2" {
		t.Error("want AWS_LAMBDA_MAX_CONCURRENCY for the runtime only")
	}
}

func TestManagedInstanceIsReplacedAfterCrash(t *testing.T) {
	t.Parallel()
	gate := newGate(t)
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t), MaxConcurrency: 3})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if r := env.Invoke(event{"Gate": gate.String()}.String()); r.FunctionError != "Runtime.ExitError" {
				t.Errorf("got %+v, want Runtime.ExitError", r)
			}
		})
	}
	gate.next()
	gate.next()
	if r := env.Invoke(`{"Exit": 1}`); r.FunctionError != "Runtime.ExitError" {
		t.Errorf("got %+v, want Runtime.ExitError", r)
	}
	wg.Wait()
	env.WaitIdle()
	if r := env.Invoke(`{}`); r.FunctionError != "" {
		t.Errorf("got %+v from the new instance, want success", r)
	}
	env.Shutdown()
}
