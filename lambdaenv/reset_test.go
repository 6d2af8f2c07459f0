package lambdaenv_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// short is a timeout that a test can wait for, and that a healthy invocation never
// reaches on a slow machine.
const short = 3 * time.Second

// expireAt makes the deadline pass that the environment waits for, each time that the
// next of the texts is in its log.
func expireAt(t *testing.T, cfg lambdaenv.Config, texts ...string) lambdaenv.Config {
	expire := make(chan struct{})
	cfg.Observe = func(e lambdaenv.Entry) {
		if len(texts) == 0 || !strings.Contains(e.Text, texts[0]) {
			return
		}
		texts = texts[1:]
		go func() {
			select {
			case expire <- struct{}{}:
			case <-t.Context().Done():
			}
		}()
	}
	return lambdaenv.WithExpire(cfg, expire)
}

func TestTimeoutBeforeTheResponse(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{
		Function:   function(t),
		Extensions: []string{extension(t, "ext")},
		Env:        []string{script{Events: both}.variable("ext"), "SIGTERM=exit"},
		Timeout:    short,
	})
	env.Invoke(`{}`)
	env.WaitIdle()
	response := env.Invoke(`{"Hang": true}`)
	var body struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal(response.Payload, &body); err != nil {
		t.Fatal(err)
	}
	if want := "RequestId: " + response.RequestID +
		" Error: Task timed out after 3.00 seconds"; response.FunctionError != "Sandbox.Timedout" ||
		body.ErrorType != "Sandbox.Timedout" || body.ErrorMessage != want {
		t.Errorf("got %q with %+v, want Sandbox.Timedout with %q", response.FunctionError, body, want)
	}
	report := env.WaitIdle()
	if report.RequestID != response.RequestID || report.Status != "timeout" || report.Duration != short ||
		report.Billed != short || !report.Idle.IsZero() {
		t.Errorf("got %+v, want a timeout after %v", report, short)
	}
	if ps := env.Processes(); len(ps) != 0 {
		t.Errorf("got %v after the reset, want no processes", ps)
	}
	id := response.RequestID
	wantSequence(t, sequence(afterLine(env.Entries(), "hanging"), "timed out", "SIGTERM", "SHUTDOWN", "END", "REPORT"),
		env.AwaitLine("Task timed out").Text, "responded", "reset", "signaled", "SIGTERM", "exited",
		"ext SHUTDOWN <nil> timeout", "exited", "END RequestId: "+id, lastLine(env))
	if got, want := env.AwaitLine("Task timed out").Text,
		" "+id+" Task timed out after 3.00 seconds"; !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want it to end with %q", got, want)
	}
	if got := lastLine(env); !strings.Contains(got, "Duration: 3000.00 ms\tBilled Duration: 3000 ms\t") ||
		!strings.HasSuffix(got, "\tStatus: timeout") {
		t.Errorf("got %q", got)
	}
}

// afterLine returns the entries behind the first line with that text.
func afterLine(entries []lambdaenv.Entry, text string) []lambdaenv.Entry {
	for i, e := range entries {
		if e.Kind == lambdaenv.Line && strings.Contains(e.Text, text) {
			return entries[i+1:]
		}
	}
	return nil
}

func TestTimeoutAfterTheResponse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		env   []string
		event string
		done  bool // the runtime is done when the time is up

		expireAt []string // the invocation, and the Shutdown phase
	}{
		{"in the function", []string{script{Events: both}.variable("ext")}, `{"After": {"Hang": true}}`, false,
			[]string{"hanging"}},
		{"in the extension", []string{script{Events: both, Invoke: "hang"}.variable("ext")}, `{}`, true,
			[]string{"the runtime requested the next event", "signal: terminated"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := lambdaenvtest.Start(t, expireAt(t, lambdaenv.Config{
				Function:   function(t),
				Extensions: []string{extension(t, "ext")},
				Env:        tt.env,
			}, tt.expireAt...))
			if response := env.Invoke(tt.event); response.FunctionError != "" {
				t.Errorf("got %s, want success: the caller has the response", response.Payload)
			}
			report := env.WaitIdle()
			if report.Status != "timeout" || report.Responded.IsZero() || report.RuntimeDone.IsZero() == tt.done ||
				!report.Idle.IsZero() {
				t.Errorf("got %+v, want a timeout after the response", report)
			}
			if _, killed := find(env, func(e lambdaenv.Entry) bool {
				return e.Name == "ext" && e.Kind == lambdaenv.Signaled && e.Text == "SIGKILL"
			}); killed != tt.done {
				t.Errorf("got extension killed %v, want %v: it gets SHUTDOWN only if it requests an event in time",
					killed, tt.done)
			}
		})
	}
}

func find(env *lambdaenvtest.Env, match func(lambdaenv.Entry) bool) (lambdaenv.Entry, bool) {
	for _, e := range env.Entries() {
		if match(e) {
			return e, true
		}
	}
	return lambdaenv.Entry{}, false
}

func TestBusyExtensionGetsShutdownWhenItAsksInTime(t *testing.T) {
	t.Parallel()
	gate := newGate(t)
	env := lambdaenvtest.Start(t, expireAt(t, withExtension(t, script{Events: both, Invoke: "gate " + gate.String()}),
		"the runtime requested the next event"))
	env.Invoke(`{}`)
	open := gate.next()
	env.Await("the end of the function", func(e lambdaenv.Entry) bool {
		return e.Kind == lambdaenv.Exited && e.Source == lambdaenv.Function
	})
	open()
	env.WaitIdle()
	env.AwaitLine("ext SHUTDOWN <nil> timeout")
}

func TestCrashes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		ext       script
		event     string
		errorType string // for the caller
		reported  string // in the log
		message   string
	}{
		{"function exits before the response", script{Events: both}, `{"Exit": 1}`,
			"Runtime.ExitError", "Runtime.ExitError", "Runtime exited with error: exit status 1"},
		{"function exits after the response", script{Events: both}, `{"After": {"Exit": 0}}`,
			"", "Runtime.ExitError", "Runtime exited without providing a reason"},
		{"function panics", script{Events: both}, `{"Panic": "no such order"}`,
			"string", "Runtime.ExitError", "Runtime exited with error: exit status 1"},
		{"extension exits while the function hangs", script{Events: both, Invoke: "exit"}, `{"Hang": true}`,
			"Extension.Crash", "Extension.Crash", "exit status 0"},
		{"extension reports and exits", script{Events: both, Invoke: "exit error"}, `{"Hang": true}`,
			"Extension.ExitError", "Extension.ExitError", "exit status 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := lambdaenvtest.Start(t, lambdaenv.Config{
				Function:   function(t),
				Extensions: []string{extension(t, "ext"), extension(t, "other")},
				Env:        []string{tt.ext.variable("ext"), script{Events: both}.variable("other")},
			})
			response := env.Invoke(tt.event)
			if response.FunctionError != tt.errorType {
				t.Errorf("got error %q, want %q", response.FunctionError, tt.errorType)
			}
			if report := env.WaitIdle(); report.Status != "error" {
				t.Errorf("got %+v, want status error", report)
			}
			env.AwaitLine("RequestId: " + response.RequestID + " Error: " + tt.message)
			env.AwaitLine("other SHUTDOWN <nil> failure")
			if got, want := lastLine(env), "\tStatus: error\tError Type: "+tt.reported; !strings.HasSuffix(got, want) {
				t.Errorf("got %q, want it to end with %q", got, want)
			}
		})
	}
}

func TestSuppressedInit(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
	first := env.Invoke(`{}`)
	if report := env.WaitIdle(); report.Init <= 0 {
		t.Errorf("got %+v, want the Init phase of a cold start", report)
	}
	env.Invoke(`{"Exit": 1}`)
	env.WaitIdle()
	n := len(env.Entries())
	second := env.Invoke(`{}`)
	report := env.WaitIdle()
	if report.Status != "success" || report.Init != 0 {
		t.Errorf("got %+v, want success, with the init in its duration", report)
	}
	if string(first.Payload) == string(second.Payload) {
		t.Errorf("got %s twice, want another process", first.Payload)
	}
	wantSequence(t, sequence(env.Entries()[n:], "START ", "INIT_START"),
		"init-started", env.AwaitLine("INIT_START").Text, "init-done",
		"START RequestId: "+second.RequestID+" Version: $LATEST",
		"invoked", "responded", "runtime-done", "idle", "frozen")
	if id := env.Entries()[n].RequestID; id != second.RequestID {
		t.Errorf("got the init attributed to %q, want %s", id, second.RequestID)
	}
}

// An init that fails within an invocation is that invocation's failure, and the
// next one tries again.
func TestSuppressedInitThatFails(t *testing.T) {
	t.Parallel()
	marker := t.TempDir() + "/fail"
	env := lambdaenvtest.Start(t, withExtension(t, script{Events: both, Init: "crash if " + marker}))
	env.Invoke(`{"Exit": 1}`)
	env.WaitIdle()
	if err := os.WriteFile(marker, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if response := env.Invoke(`{}`); response.FunctionError != "Extension.Crash" {
		t.Errorf("got %+v, want Extension.Crash", response)
	}
	if report := env.WaitIdle(); report.Status != "error" || !report.HandedOver.IsZero() {
		t.Errorf("got %+v, want an error before the event was handed over", report)
	}
	env.AwaitLine("Phase: invoke\tStatus: error\tError Type: Extension.Crash")
	if err := os.Remove(marker); err != nil {
		t.Fatal(err)
	}
	if response := env.Invoke(`{}`); response.FunctionError != "" {
		t.Errorf("got %+v, want success", response)
	}
}

func TestTimeoutInSuppressedInit(t *testing.T) {
	t.Parallel()
	marker := t.TempDir() + "/fail"
	env := lambdaenvtest.Start(t, expireAt(t, lambdaenv.Config{
		Function:   function(t),
		Extensions: []string{extension(t, "ext")},
		Env:        []string{script{Events: both, Init: "hang if " + marker}.variable("ext")},
		Timeout:    time.Minute,
	}, "ext hangs"))
	env.Invoke(`{"Exit": 1}`)
	env.WaitIdle()
	if err := os.WriteFile(marker, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if response := env.Invoke(`{}`); response.FunctionError != "Sandbox.Timedout" {
		t.Errorf("got %+v, want Sandbox.Timedout", response)
	}
	report := env.WaitIdle()
	if report.Status != "timeout" || report.Duration != time.Minute || report.MaxMemoryMB == 0 {
		t.Errorf("got %+v, want a timeout", report)
	}
	env.AwaitLine("Phase: invoke\tStatus: timeout")
}

func TestProcessDiesWhileFrozen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{lambdaenv.RuntimeName, "ext"} {
		t.Run(name, func(t *testing.T) {
			env := lambdaenvtest.Start(t, lambdaenv.Config{
				Function:   function(t),
				Extensions: []string{extension(t, "ext"), extension(t, "other")},
				Env:        []string{script{Events: both}.variable("ext"), script{Events: both}.variable("other")},
			})
			if err := env.Signal(name, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if err := env.Signal("nobody", syscall.SIGKILL); err != os.ErrProcessDone {
				t.Errorf("got %v, want %v", err, os.ErrProcessDone)
			}
			env.AwaitLine("other SHUTDOWN <nil> failure")
			if response := env.Invoke(`{}`); response.FunctionError != "" {
				t.Errorf("got %+v from new processes, want success", response)
			}
		})
	}
}

// A test may let a frozen process run, and freeze it again.
func TestProcessContinuesWhileFrozen(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: function(t)})
	for _, sig := range []syscall.Signal{syscall.SIGCONT, syscall.SIGSTOP, syscall.SIGCONT} {
		if err := env.Signal(lambdaenv.RuntimeName, sig); err != nil {
			t.Fatal(err)
		}
	}
	if response := env.Invoke(`{}`); response.FunctionError != "" {
		t.Errorf("got %+v, want success", response)
	}
	env.WaitIdle()
}

// The response had been sent when the time was up. While the extension is waited for,
// the runtime requests the next event: that does not end the invocation any more.
func TestRuntimeRequestsAnEventDuringTheReset(t *testing.T) {
	t.Parallel()
	expire := make(chan struct{})
	se := newStubEnv(t, lambdaenv.WithExpire(lambdaenv.Config{}, expire), "ext")
	ext := se.nextProcess()
	ext.register("ext", `"SHUTDOWN"`)
	shutdown := ext.extensionNext()
	function := se.nextProcess()
	next := function.runtimeNext()
	se.started()
	_, id, response := se.do(lambdaenv.Request{}, next)
	accepted(t, function.respond(id, "1"), http.StatusAccepted)
	<-response
	expire <- struct{}{}
	<-shutdown
	function.runtimeNext()
	for state := ""; !strings.Contains(state, "from Ready"); {
		state = function.request("POST", runtimePath+"init/error", "{}").body
	}
	expire <- struct{}{}
	report, err := se.env.WaitIdle(t.Context())
	if err != nil || report.Status != "timeout" || !report.RuntimeDone.IsZero() {
		t.Errorf("got %+v and %v, want a timeout", report, err)
	}
}
