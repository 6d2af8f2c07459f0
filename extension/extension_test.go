package main_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/internal/link"
	"example.com/postinvoke/record"
)

func TestItRegistersUnderItsFileName(t *testing.T) {
	api := newLambdaAPI(t)
	api.start()
	c := api.want("register")
	if c.name != extensionName(t) || c.body != `{"events":["INVOKE","SHUTDOWN"]}` {
		t.Errorf("got %+v, want the name %s and both events", c, extensionName(t))
	}
	if c := api.want("event/next"); c.id != "the-identifier" {
		t.Errorf("got identifier %q, want the one it was given", c.id)
	}
}

// Lambda starts the function as soon as the extension has registered.
func TestItListensBeforeItRegisters(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.start()
	api.want("register")
	p.function()
}

func TestDoneAfterTheInvokeEvent(t *testing.T) {
	api, _, function := holding(t)
	fmt.Fprint(function, "done a 1000\n")
	api.want("event/next")
}

func TestDoneBeforeTheInvokeEvent(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	fmt.Fprint(p.function(), "done a 1000\n")
	api.invoke("a", time.Hour)
	api.want("event/next")
}

func TestAnotherInvocationsDoneDoesNotCount(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	function := p.function()
	api.invoke("a", time.Hour)
	fmt.Fprint(function, "done b 1000\n")
	api.wantNone()
	fmt.Fprint(function, "done a 1000\n")
	api.want("event/next")
}

func TestALostConnectionIsNotWaitedFor(t *testing.T) {
	api, p, function := holding(t)
	function.Close()
	api.want("event/next")
	p.wantRecord(record.Released, string(gate.Gone))
}

func TestALayerWithoutTheLibraryHoldsNobodyUp(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	for range 3 {
		api.invoke("a", time.Hour)
		api.want("event/next")
	}
	api.shutDown("spindown")
	p.wantRecord(record.Released, string(gate.Unconnected)) // once
	p.wantRecord(record.Environment, "spindown")
	p.wantExit(0)
}

func TestTheDeadlineIsRespected(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	function := p.function()
	fmt.Fprint(function, "busy a\n")
	api.invoke("a", gate.Margin+50*time.Millisecond)
	api.want("event/next")
	p.wantRecord(record.Released, string(gate.Deadline))

	fmt.Fprint(function, "done a 1000\n") // late; it must not count for b
	api.invoke("b", time.Hour)
	api.wantNone()
	fmt.Fprint(function, "done b 1000\n")
	api.want("event/next")
}

func TestAnInvocationThatTheHandlerNeverSawIsNotWaitedFor(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	p.function()
	api.invoke("a", time.Hour)
	api.want("event/next")
	p.wantRecord(record.Released, string(gate.NotTakenUp))
}

func TestItAsksBeforeItGivesUp(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	function := p.function()
	api.invoke("a", time.Hour)
	question, err := bufio.NewReader(function).ReadString('\n')
	if question != "ask a\n" {
		t.Fatalf("got %q, %v, want it to ask about a", question, err)
	}
	fmt.Fprint(function, "busy a\n")
	api.wantNone()
	fmt.Fprint(function, "done a 1000\n")
	api.want("event/next")
}

func TestShutdown(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	function := p.function()
	for _, id := range []string{"a", "b"} {
		fmt.Fprintf(function, "done %s 1500\n", id)
		api.invoke(id, time.Hour)
		api.want("event/next")
	}
	api.shutDown("spindown")
	r := p.record()
	for key, want := range map[string]any{
		"level": "INFO", "message": record.Environment, record.Reason: "spindown",
		record.Invocations: 2.0, record.AwakeMs: 3.0,
	} {
		if r[key] != want {
			t.Errorf("%s: got %v, want %v", key, r[key], want)
		}
	}
	lifetime, _ := r[record.LifetimeMs].(float64)
	idle, ok := r[record.IdleMs].(float64)
	if !ok || idle < 0 || lifetime < idle {
		t.Errorf("got lifetime %v, idle %v, want the first to contain the second", r[record.LifetimeMs], r[record.IdleMs])
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

// The function is told to go first, and the extension asks for its event then.
func TestShutdownWhileAnInvocationIsHeld(t *testing.T) {
	api, p, function := holding(t)
	function.Close()
	api.want("event/next")
	api.shutDown("failure")
	p.wantRecord(record.Released, string(gate.Gone))
	p.wantRecord(record.Environment, "failure")
	p.wantExit(0)
}

func TestUnknownEventsAreIgnored(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	api.events <- `{"eventType":"HIBERNATE"}`
	api.want("event/next")
	api.shutDown("spindown")
	p.wantRecord(record.Environment, "spindown")
	p.wantExit(0)
}

func TestOnManagedInstancesItTakesNoInvokeEvents(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.start("AWS_LAMBDA_INITIALIZATION_TYPE=lambda-managed-instances")
	if c := api.want("register"); c.body != `{"events":["SHUTDOWN"]}` {
		t.Errorf("got %s, want SHUTDOWN only", c.body)
	}
	api.want("event/next")
	function := p.function()
	fmt.Fprint(function, "done a 1000\ndone b 2000\n")
	function.Close()
	waitClosed(t, p)
	api.shutDown("spindown")
	r := p.record()
	if r[record.Invocations] != 2.0 || r[record.AwakeMs] != 3.0 {
		t.Errorf("got %v, want 2 invocations and 3 ms", r)
	}
	p.wantExit(0)
}

func TestATakenPortLeavesTheFunctionToItself(t *testing.T) {
	api := newLambdaAPI(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())

	p := api.start(link.PortVariable + "=" + port)
	p.wantRecord(record.ExtensionProblem, "address already in use; the function keeps its environment awake by itself")
	if c := api.want("register"); c.body != `{"events":["SHUTDOWN"]}` {
		t.Errorf("got %s, want SHUTDOWN only", c.body)
	}
	api.want("event/next")
	api.shutDown("spindown")
	p.wantRecord(record.Environment, "spindown")
	p.wantExit(0)
}

func TestAPortThatIsNoneIsSaid(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.start(link.PortVariable + "=http")
	p.wantRecord(record.ExtensionProblem, `POSTINVOKE_PORT="http" is not a port number`)
	api.want("register")
}

func TestGarbageOnThePortIsIgnored(t *testing.T) {
	api, _, function := holding(t)
	fmt.Fprint(function, "\n\x00\xff\n", "done a\n", "done a x\n", strings.Repeat("done a 1 ", 1<<16), "\n")
	api.wantNone()
	fmt.Fprint(function, "done a 1000\n")
	api.want("event/next")
}

func TestAStrangerOnThePortIsNotAFunction(t *testing.T) {
	for _, hello := range []string{"", "GET / HTTP/1.1\r\n\r\n", "done a 1\n", strings.Repeat("x", 1<<20) + "\n"} {
		api := newLambdaAPI(t)
		p := api.register()
		p.connect(hello)
		api.invoke("a", time.Hour)
		api.want("event/next")
		p.wantRecord(record.Released, string(gate.Unconnected))
	}
}

func TestALibraryOfAnotherVersionIsTold(t *testing.T) {
	api := newLambdaAPI(t)
	p := api.register()
	p.connect("postinvoke/2\n")
	p.wantRecord(record.ExtensionProblem, `the function's library speaks "postinvoke/2", this layer "postinvoke/1"`)
	api.invoke("a", time.Hour)
	api.want("event/next")
}

func TestARefusedRegistrationIsReported(t *testing.T) {
	api := newRefusingAPI(t, "register")
	p := api.start()
	api.want("register")
	p.wantRecord(record.ExtensionProblem, `unexpected status 403 Forbidden: {"errorMessage":"not today","errorType":"Extension.Refused"}`)
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
		`<html>`: "not an event: no '{'",
		`{}`:     "not an event: no eventType",
	}
	for event, problem := range tests {
		api := newLambdaAPI(t)
		p := api.register()
		p.function()
		api.invoke("a", gate.Margin)
		api.want("event/next")
		api.events <- event
		c := api.want("exit/error")
		if c.errorType != "Extension.NextFailed" || !strings.Contains(c.body, problem) {
			t.Errorf("got %+v, want the error type and %q", c, problem)
		}
		p.wantRecord(record.Released, string(gate.Deadline))
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
	if want := `level=INFO message="postinvoke: environment shut down" reason=spindown lifetimeMs=`; !strings.Contains(line, want) {
		t.Errorf("got %s, want it to contain %s", line, want)
	}
}

// waitClosed returns when the extension has read everything that a closed
// connection said: it serves no more connections than it has to, so another
// one's greeting does not prove that. What does is its place being free.
func waitClosed(t *testing.T, p *process) {
	t.Helper()
	for range 8 {
		p.function()
	}
}
