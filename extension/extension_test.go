package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/record"
)

func TestItRegistersUnderItsFileNameForTheShutdownOnly(t *testing.T) {
	api := newLambdaAPI(t)
	api.start()
	c := api.want("register")
	if c.name != extensionName(t) || c.body != `{"events":["SHUTDOWN"]}` {
		t.Errorf("got %+v, want the name %s and SHUTDOWN", c, extensionName(t))
	}
	if c := api.want("event/next"); c.id != "the-identifier" {
		t.Errorf("got identifier %q, want the one it was given", c.id)
	}
}

// Lambda starts the function as soon as the extension has registered.
func TestItMakesTheBlackBoxBeforeItRegisters(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.start()
	api.want("register")
	if _, err := os.Stat(filepath.Join(p.tmp, blackBox)); err != nil {
		t.Error(err)
	}
}

func TestShutdownWithoutALibrary(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	api.shutDown("spindown")
	r := p.record()
	want(t, r, map[string]any{
		"level": "INFO", "message": record.Environment, record.Function: "orders", record.Reason: "spindown",
		// Nothing is known, which is not nothing.
		record.Invocations: nil, record.AwakeMs: nil, record.IdleMs: nil, record.HookCount: nil,
	})
	if lifetime, ok := r[record.LifetimeMs].(float64); !ok || lifetime < 0 {
		t.Errorf("got lifetime %v", r[record.LifetimeMs])
	}
	p.wantExit(0)
}

// Lambda's documentation has the reasons in capitals, and Lambda has not.
func TestTheShutdownReasonIsLoggedAsItCame(t *testing.T) {
	for _, reason := range []string{"SPINDOWN", "timeout", "a reason of the future"} {
		api := newLambdaAPI(t)
		p := api.register()
		api.shutDown(reason)
		p.wantRecord(record.Environment, reason)
		p.wantExit(0)
	}
}

func TestUnknownEventsAreIgnored(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	for _, event := range []string{`{"eventType":"HIBERNATE"}`, `{"eventType":"INVOKE","requestId":"a","deadlineMs":1}`} {
		api.events <- event
		api.want("event/next")
	}
	api.shutDown("spindown")
	p.wantRecord(record.Environment, "spindown")
	p.wantExit(0)
}

func TestAFolderThatCannotBeWrittenToCostsOnlyTheBlackBox(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.start("TMPDIR=/nonexistent")
	p.wantRecord(record.ExtensionProblem, "hooks lost in a crash will not be logged: the black box cannot be made: ")
	api.want("register")
	api.want("event/next")
	api.shutDown("spindown")
	p.wantRecord(record.Environment, "spindown")
	p.wantExit(0)
}

func TestARefusedRegistrationIsReported(t *testing.T) {
	api := newRefusingAPI(t, "register")
	p := api.start()
	api.want("register")
	p.wantRecord(record.ExtensionProblem,
		`unexpected status 403 Forbidden: {"errorMessage":"not today","errorType":"Extension.Refused"}`)
	p.wantExit(1)
}

func TestARefusedFirstEventIsAnInitError(t *testing.T) {
	api := newRefusingAPI(t, "event/next")
	p := api.start()
	api.want("register")
	api.want("event/next")
	c := api.want("init/error")
	if c.id != "the-identifier" || c.errorType != "Extension.InitFailed" || !strings.Contains(c.body, "not today") {
		t.Errorf("got %+v, want identifier, error type and what came back", c)
	}
	p.wantRecord(record.ExtensionProblem, "ask for the next event: unexpected status 403 Forbidden")
	p.wantExit(1)
}

func TestALaterRefusalIsAnExitError(t *testing.T) {
	tests := map[string]string{ // event, problem
		`<html>`: "not an event: not a JSON object: ",
		`{}`:     "not an event: no eventType",
	}
	for event, problem := range tests {
		api := newLambdaAPI(t)
		p := api.register()
		api.events <- `{"eventType":"HIBERNATE"}`
		api.want("event/next")
		api.events <- event
		c := api.want("exit/error")
		if c.errorType != "Extension.NextFailed" || !strings.Contains(c.body, problem) {
			t.Errorf("got %+v, want the error type and %q", c, problem)
		}
		p.wantRecord(record.ExtensionProblem, problem)
		p.wantExit(1)
	}
}

func TestAnAPIThatIsGoneEndsTheExtension(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	api.server.Listener.Close()
	api.server.CloseClientConnections()
	p.wantRecord(record.ExtensionProblem, "ask for the next event: ")
	p.wantExit(1)
}

func TestOutsideOfLambdaItSaysWhatItIs(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.start("AWS_LAMBDA_RUNTIME_API=")
	p.wantRecord(record.ExtensionProblem, "this program is an AWS Lambda extension")
	p.wantExit(1)
}

func TestTextRecords(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register("AWS_LAMBDA_LOG_FORMAT=Text")
	api.shutDown("spindown")
	line := <-p.lines
	const want = `level=INFO message="postinvoke: environment shut down" function=orders reason=spindown lifetimeMs=`
	if !strings.Contains(line, want) {
		t.Errorf("got %s, want it to contain %s", line, want)
	}
}

// want checks fields of a record; nil is that of one that has to be absent.
func want(t *testing.T, r map[string]any, fields map[string]any) {
	t.Helper()
	for key, want := range fields {
		if r[key] != want {
			t.Errorf("%s: got %v, want %v", key, r[key], want)
		}
	}
}
