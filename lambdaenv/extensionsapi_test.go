package lambdaenv_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
)

func TestRegistration(t *testing.T) {
	th := newTheatre(t, lambdaenv.Config{Name: "orders"}, "ext")
	ext := th.puppet()
	path := extensionPath + "register"
	name := []string{"Lambda-Extension-Name", "ext"}
	refused(t, ext.request("POST", path, `{}`), 403, "Extension.InvalidExtensionName", "Empty extension name")
	refused(t, ext.request("POST", path, `{`, name...), 403, "InvalidRequestFormat", "unexpected end of JSON input")
	refused(t, ext.request("POST", path, `{"configurationKeys":["a"]}`, name...), 403, "InvalidRequestFormat",
		"configurationKeys are deprecated; use environment variables instead")
	refused(t, ext.register("ext", `"INVOKE","PAUSE"`), 403, "Extension.InvalidEventType", "PAUSE: ErrorInvalidEventType")

	got := ext.request("POST", path, `{"events":["INVOKE","SHUTDOWN"]}`, append(name, "Lambda-Extension-Accept-Feature", "accountId")...)
	accepted(t, got, http.StatusOK)
	if want := `{"functionName":"orders","functionVersion":"$LATEST","handler":"bootstrap","accountId":"123456789012"}`; got.body != want {
		t.Errorf("got %s, want %s", got.body, want)
	}
	ext.id = got.header.Get("Lambda-Extension-Identifier")
	refused(t, ext.register("ext", ``), 403, "Extension.InvalidExtensionState",
		"State transition from Registered to Registered failed for extension ext. Error: State transition is not allowed")

	function := th.puppet() // started now that the extension has registered
	internal := &puppet{t: t, base: function.base}
	refused(t, internal.register("inside", `"SHUTDOWN"`), 403, "Extension.InvalidEventType", "SHUTDOWN: ErrorInvalidEventType")
	got = internal.register("inside", `"INVOKE"`)
	accepted(t, got, http.StatusOK)
	if want := `{"functionName":"orders","functionVersion":"$LATEST","handler":"bootstrap"}`; got.body != want {
		t.Errorf("got %s, want %s", got.body, want)
	}
	refused(t, internal.register("inside", `"INVOKE"`), 403, "Extension.InvalidExtensionState", "Extension with this name already registered")
	for i := range 8 {
		another := &puppet{t: t, base: function.base}
		accepted(t, another.register(fmt.Sprint("inside", i), ""), http.StatusOK)
		another.extensionNext()
	}
	refused(t, internal.register("eleventh", ``), 403, "Extension.TooManyExtensions", "Extension limit (10) reached")

	ext.extensionNext()
	internal.extensionNext()
	function.runtimeNext()
	th.curtain()
	refused(t, internal.register("late", ``), 403, "Extension.RegistrationClosed", "Extension registration closed already")
}

func TestIdentifiersOfExtensions(t *testing.T) {
	th := newTheatre(t, lambdaenv.Config{}, "ext")
	ext := th.puppet()
	header := "Lambda-Extension-Identifier"
	for _, call := range []struct{ method, path string }{
		{"GET", "event/next"}, {"POST", "init/error"}, {"POST", "exit/error"},
	} {
		path := extensionPath + call.path
		refused(t, ext.request(call.method, path, ""), 403, "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header")
		refused(t, ext.request(call.method, path, "", header, "me"), 403, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier")
		const stranger = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
		refused(t, ext.request(call.method, path, "", header, stranger), 403, "Extension.UnknownExtensionIdentifier", "Unknown extension "+stranger)
	}
}

func TestEventsOfExtensions(t *testing.T) {
	th := newTheatre(t, lambdaenv.Config{Name: "orders", Timeout: time.Minute}, "ext")
	ext := th.puppet()
	ext.register("ext", `"INVOKE","SHUTDOWN"`)
	event := ext.extensionNext()
	function := th.puppet()
	next := function.runtimeNext()
	env := th.curtain()
	refused(t, <-ext.extensionNext(), 403, "Extension.InvalidExtensionState",
		"State transition from Ready to Ready failed for extension "+ext.id+". Error: State transition is not allowed")

	runtimeEvent, id, response := th.invoke(`{}`, next)
	got := <-event
	accepted(t, got, http.StatusOK)
	want := fmt.Sprintf(`{"eventType":"INVOKE","deadlineMs":%s,"requestId":"%s","invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:orders","tracing":{"type":"X-Amzn-Trace-Id","value":"%s"}}`,
		runtimeEvent.header.Get("Lambda-Runtime-Deadline-Ms"), id, runtimeEvent.header.Get("Lambda-Runtime-Trace-Id"))
	if got.body != want {
		t.Errorf("got %s, want %s", got.body, want)
	}
	if got.header.Get("Content-Type") != "application/json" || len(got.header.Get("Lambda-Extension-Event-Identifier")) != 36 {
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
	if err := json.Unmarshal([]byte(got.body), &shutdown); err != nil || shutdown.EventType != "SHUTDOWN" || shutdown.ShutdownReason != "SPINDOWN" {
		t.Errorf("got %s", got.body)
	}
	if deadline := time.UnixMilli(shutdown.DeadlineMs); deadline.Before(before.Add(2*time.Second).Truncate(time.Millisecond)) || deadline.After(time.Now().Add(2*time.Second)) {
		t.Errorf("got deadline %v, want 2 s from the beginning of the phase", deadline)
	}
	if got.header.Get("Content-Type") == "application/json" || got.header.Get("Lambda-Extension-Event-Identifier") != "" {
		t.Errorf("got headers %v", got.header)
	}
}

func TestErrorsOfExtensions(t *testing.T) {
	th := newTheatre(t, lambdaenv.Config{}, "early", "late")
	early, late := th.puppet(), th.puppet()
	early.register("early", ``)
	late.register("late", ``)
	initError, exitError := extensionPath+"init/error", extensionPath+"exit/error"
	header := []string{"Lambda-Extension-Function-Error-Type", "Extension.NoConfig"}

	refused(t, early.request("POST", initError, "{}"), 403, "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found")
	accepted(t, early.request("POST", initError, `{"errorMessage":"no file"}`, header...), http.StatusAccepted)
	accepted(t, early.request("POST", initError, "", header...), http.StatusAccepted) // again: no change
	refused(t, <-early.extensionNext(), 403, "Extension.InvalidExtensionState",
		"State transition from InitError to Ready failed for extension "+early.id+". Error: State transition is not allowed")
	refused(t, early.request("POST", exitError, "", header...), 403, "Extension.InvalidExtensionState",
		"State transition from InitError to ExitError failed for extension "+early.id+". Error: State transition is not allowed")

	late.waits()
	refused(t, late.request("POST", initError, "", header...), 403, "Extension.InvalidExtensionState",
		"State transition from Ready to InitError failed for extension "+late.id+". Error: State transition is not allowed")
	accepted(t, late.request("POST", exitError, "", header...), http.StatusAccepted)
	refused(t, <-late.extensionNext(), 403, "Extension.InvalidExtensionState",
		"State transition from ExitError to Ready failed for extension "+late.id+". Error: State transition is not allowed")
}
