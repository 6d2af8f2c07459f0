package lambdaenv_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
)

func TestEventsOfExtensions(t *testing.T) {
	t.Parallel()
	se := newStubEnv(t, lambdaenv.Config{Name: "orders", Timeout: time.Minute}, "ext")
	ext := se.nextProcess()
	ext.register("ext", `"INVOKE","SHUTDOWN"`)
	event := ext.extensionNext()
	function := se.nextProcess()
	next := function.runtimeNext()
	env := se.started()
	refused(t, <-ext.extensionNext(), 403, "Extension.InvalidExtensionState",
		"State transition from Ready to Ready failed for extension "+ext.id+". Error: State transition is not allowed")

	runtimeEvent, id, response := se.do(lambdaenv.Request{Payload: []byte(`{}`)}, next)
	got := <-event
	accepted(t, got, http.StatusOK)
	want := fmt.Sprintf(`{"eventType":"INVOKE","deadlineMs":%s,"requestId":"%s",`+
		`"invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:orders",`+
		`"tracing":{"type":"X-Amzn-Trace-Id","value":"%s"}}`,
		runtimeEvent.header.Get("Lambda-Runtime-Deadline-Ms"), id, runtimeEvent.header.Get("Lambda-Runtime-Trace-Id"))
	if got.body != want {
		t.Errorf("got %s, want %s", got.body, want)
	}
	if got.header.Get("Content-Type") != "application/json" ||
		len(got.header.Get("Lambda-Extension-Event-Identifier")) != 36 {
		t.Errorf("got headers %v", got.header)
	}
	event = ext.extensionNext() // done before the function is
	function.respond(id, "{}")
	<-response
	function.runtimeNext()
	if _, err := env.WaitIdle(t.Context()); err != nil {
		t.Fatal(err)
	}

	before := time.Now()
	go env.Shutdown(t.Context(), "SPINDOWN")
	got = <-event
	var shutdown struct {
		EventType, ShutdownReason string
		DeadlineMs                int64
	}
	if err := json.Unmarshal([]byte(got.body), &shutdown); err != nil || shutdown.EventType != "SHUTDOWN" ||
		shutdown.ShutdownReason != "SPINDOWN" {
		t.Errorf("got %s", got.body)
	}
	deadline, earliest := time.UnixMilli(shutdown.DeadlineMs), before.Add(2*time.Second).Truncate(time.Millisecond)
	if deadline.Before(earliest) || deadline.After(time.Now().Add(2*time.Second)) {
		t.Errorf("got deadline %v, want 2 s from the beginning of the phase", deadline)
	}
	if got.header.Get("Content-Type") == "application/json" || got.header.Get("Lambda-Extension-Event-Identifier") != "" {
		t.Errorf("got headers %v", got.header)
	}
}
