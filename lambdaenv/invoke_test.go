package lambdaenv_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

func TestCallerHasResponseBeforeWorkAfterItEnds(t *testing.T) {
	t.Parallel()
	gate := newGate(t)
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})

	response := env.Invoke(event{
		"Print": []string{"handler"},
		"After": event{"Print": []string{"after"}, "Gate": gate.String()},
	}.String())
	if got, want := response.FunctionError, ""; got != want {
		t.Errorf("got function error %q, want %q", got, want)
	}
	if got, want := response.ContentType, "text/plain"; got != want {
		t.Errorf("got content type %q, want %q", got, want)
	}
	open := gate.next() // the work continues, though the caller has the response
	open()
	report := env.WaitIdle()

	if report.RequestID != response.RequestID || report.Status != "success" {
		t.Errorf("got report %+v, want success of %s", report, response.RequestID)
	}
	if !report.Responded.Before(report.RuntimeDone) || report.RuntimeDone != report.Idle {
		t.Errorf("got moments %+v, want responded before runtime done, and no extension after it", report)
	}
	wantSequence(t, sequence(after(env.Entries(), lambdaenv.Frozen), "handler", "after", "START", "END", "REPORT"),
		"thawed", "START RequestId: "+response.RequestID+" Version: $LATEST",
		"invoked", "handler", "responded", "after",
		"runtime-done", "idle", "END RequestId: "+response.RequestID, lastLine(env), "frozen")
}

func lastLine(env *lambdaenvtest.Env) string {
	lines := env.Lines()
	return lines[len(lines)-1]
}

func TestInvocationEndsWhenExtensionsAskForNext(t *testing.T) {
	t.Parallel()
	gate := newGate(t)
	env := lambdaenvtest.Start(t, lambdaenv.Config{
		Function:   function(t),
		Extensions: []string{extension(t, "busy"), extension(t, "quiet")},
		Env: []string{
			script{Events: both, Invoke: "gate " + gate.String()}.variable("busy"),
			script{Events: []string{"SHUTDOWN"}}.variable("quiet"),
		},
	})
	response := env.Invoke(`{}`)
	open := gate.next()
	env.Await("the runtime's request for the next event",
		func(e lambdaenv.Entry) bool { return e.Kind == lambdaenv.RuntimeDone })
	open()
	report := env.WaitIdle()

	if report.PostRuntimeExtensions() <= 0 || !report.Idle.After(report.RuntimeDone) {
		t.Errorf("got report %+v, want it idle after the runtime was done", report)
	}
	line := env.AwaitLine("busy INVOKE")
	if line.RequestID != response.RequestID || line.Source != lambdaenv.Extension || line.Name != "busy" {
		t.Errorf("got %+v, want it attributed to busy and %s", line, response.RequestID)
	}
	if hasLine(env.Lines(), "quiet INVOKE") {
		t.Error("an extension registered for SHUTDOWN only got INVOKE")
	}
}

func TestInternalExtensionHoldsEnvironment(t *testing.T) {
	t.Parallel()
	gate := newGate(t)
	env := lambdaenvtest.Start(t, lambdaenv.Config{
		Function: function(t),
		Env:      []string{`INTERNAL="INVOKE"`, "INTERNAL_GATE=" + gate.String()},
	})
	env.Invoke(`{}`)
	open := gate.next()
	env.Await("the runtime's request for the next event",
		func(e lambdaenv.Entry) bool { return e.Kind == lambdaenv.RuntimeDone })
	open()
	if report := env.WaitIdle(); !report.Idle.After(report.RuntimeDone) {
		t.Errorf("got report %+v, want it idle after the runtime was done", report)
	}
}

func TestInvocationsQueueUntilIdle(t *testing.T) {
	t.Parallel()
	gate := newGate(t)
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
	env.Invoke(event{"After": event{"Gate": gate.String()}}.String())
	open := gate.next()

	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() { env.Invoke(event{"Print": []string{fmt.Sprint("queued ", i)}}.String()) })
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := env.Environment.Invoke(ctx, []byte(`{"Print":["abandoned"]}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	open()
	wg.Wait()
	env.WaitIdle()

	if hasLine(env.Lines(), "abandoned") {
		t.Error("an invocation ran although its caller did not wait for its turn")
	}
}

func TestInvocationGoesOnWithoutItsCaller(t *testing.T) {
	t.Parallel()
	gate := newGate(t)
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		open := gate.next()
		cancel()
		env.Await("the end of the caller's context", func(lambdaenv.Entry) bool { return ctx.Err() != nil })
		open()
	}()
	if _, err := env.Environment.Invoke(ctx, []byte(event{"Gate": gate.String(),
		"Print": []string{"working"}}.String())); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if report := env.WaitIdle(); report.Status != "success" {
		t.Errorf("got %+v, want success", report)
	}
}

func TestFailuresOfTheFunction(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		event     event
		errorType string
		message   string
		status    string
	}{
		{"error", event{"Fail": "no such order"}, "errorString", "no such order", "error"},
		{"error in the middle of a stream", event{"Broken": "half an ans"},
			"errorString", "the source dried up", "error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
			response := env.Invoke(tt.event.String())
			var body struct{ ErrorType, ErrorMessage string }
			if err := json.Unmarshal(response.Payload, &body); err != nil {
				t.Fatalf("payload %q: %v", response.Payload, err)
			}
			if response.FunctionError != tt.errorType || body.ErrorType != tt.errorType ||
				!strings.HasSuffix(body.ErrorMessage, tt.message) {
				t.Errorf("got %s with %+v, want %s with %q", response.FunctionError, body, tt.errorType, tt.message)
			}
			if report := env.WaitIdle(); report.Status != tt.status {
				t.Errorf("got status %s, want %s", report.Status, tt.status)
			}
			if response := env.Invoke(`{}`); response.FunctionError != "" {
				t.Errorf("got %s after the failure, want success", response.Payload)
			}
		})
	}
}

func BenchmarkInvoke(b *testing.B) {
	env := lambdaenvtest.Start(b, lambdaenv.Config{Function: function(b)})
	b.ReportAllocs()
	for b.Loop() {
		env.Invoke(`{}`)
		env.WaitIdle()
	}
}
