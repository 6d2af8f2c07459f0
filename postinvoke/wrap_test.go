package postinvoke_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/record"
)

// startHandler starts the program in testdata/handlers.
func startHandler(t *testing.T, kind string, env ...string) *lambdaenvtest.Env {
	return lambdaenvtest.Start(t, lambdaenv.Config{
		Function:  lambdaenvtest.Build(t, "postinvoke/testdata/handlers"),
		LogFormat: lambdaenv.JSON,
		Env:       append(env, "KIND="+kind),
	})
}

var events = []string{
	`{"number": 12345678901234567890, "text": "<&>"}`,
	`{"number": "1", "text": "é"}`,
	`{"text": "fail"}`,
	`{"unknown": true}`,
	`{"text": 1}`,
	`[]`,
	`null`,
}

// For the caller, a wrapped handler is the same as one without the library.
func TestWrappingChangesNoResponse(t *testing.T) {
	for _, kind := range []string{
		"typed", "typed options", "typed page", "handler that calls another",
	} {
		t.Run(kind, func(t *testing.T) { wantSameResponses(t, kind, events) })
	}
}

func TestStartChangesNoResponseOfAnySignature(t *testing.T) {
	forEachSignature(t, func(t *testing.T, signature string) {
		all := events
		if !strings.HasPrefix(signature, "made by NewHandler") { // see WrapHandler
			all = append(all, "", "not JSON")
		}
		wantSameResponses(t, "start "+signature, all)
	})
}

// The event has to be JSON there: see WrapHandler.
func TestWrapHandlerChangesNoResponseOfAnySignature(t *testing.T) {
	forEachSignature(t, func(t *testing.T, signature string) {
		wantSameResponses(t, "wrap "+signature, events)
	})
}

// forEachSignature runs a test for each handler in testdata/handlers/signatures.go.
func forEachSignature(t *testing.T, test func(t *testing.T, signature string)) {
	cmd := exec.Command(lambdaenvtest.Build(t, "postinvoke/testdata/handlers"))
	cmd.Env = []string{"KIND=signatures"}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var signatures []string
	if err := json.Unmarshal(out, &signatures); err != nil || len(signatures) < 20 {
		t.Fatalf("%v: %s", err, out)
	}
	for _, signature := range signatures {
		t.Run(signature, func(t *testing.T) { test(t, signature) })
	}
}

func wantSameResponses(t *testing.T, kind string, events []string) {
	t.Helper()
	start := func(env ...string) *lambdaenvtest.Env {
		return lambdaenvtest.Start(t, lambdaenv.Config{
			Function:       lambdaenvtest.Build(t, "postinvoke/testdata/handlers"),
			Env:            append(env, "KIND="+kind),
			MaxConcurrency: 1, // so that events which cannot be decoded hold nothing
		})
	}
	bare, wrapped := start("WRAPPED=false"), start()
	for _, event := range events {
		want, got := bare.Invoke(event), wrapped.Invoke(event)
		if w, g := withoutStack(want.Payload), withoutStack(got.Payload); g != w {
			t.Errorf("event %s: got response %s, want %s", event, g, w)
		}
		if got.ContentType != want.ContentType {
			t.Errorf("event %s: got content type %q, want %q", event, got.ContentType, want.ContentType)
		}
		if got.FunctionError != want.FunctionError {
			t.Errorf("event %s: got error %q, want %q", event, got.FunctionError, want.FunctionError)
		}
	}
}

// withoutStack returns an error's payload without its stack, and any other as it
// is.
func withoutStack(payload []byte) string {
	var e struct {
		ErrorType, ErrorMessage string
		StackTrace              []any
	}
	if json.Unmarshal(payload, &e) != nil || e.StackTrace == nil {
		return string(payload)
	}
	return e.ErrorType + ": " + e.ErrorMessage
}

func TestRecordsHaveTheRequestIDOnce(t *testing.T) {
	for _, kind := range []string{"logger of the function", "own logger"} {
		t.Run(kind, func(t *testing.T) {
			env := startHandler(t, kind)
			res := env.Invoke(`{}`)
			env.WaitIdle()
			summaryOf(t, env, res.RequestID)
			for _, e := range env.Entries() {
				if e.Source == lambdaenv.Function && strings.Contains(e.Text, record.Hooks) {
					if n := strings.Count(e.Text, res.RequestID); n != 1 {
						t.Errorf("got the request id %d times, want once: %s", n, e.Text)
					}
				}
			}
		})
	}
}

// The outer handler must not release the environment while hooks of the inner one
// run.
func TestAHandlerMayBeWrappedTwice(t *testing.T) {
	env := startHandler(t, "wrapped twice")
	res := env.Invoke(`{}`)
	env.WaitIdle()
	wantInOrder(t, env, res.RequestID, "responded", "hook", "idle")
	oneRecord(t, env, record.Hooks).want(t, map[string]any{record.HookCount: 1.0})
}

// The environment is released when both are done.
func TestTwoWrappedHandlersOfOneInvocationAreBothWaitedFor(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.Function = lambdaenvtest.Build(t, "postinvoke/testdata/handlers")
		cfg.Env = []string{"KIND=two wrapped handlers in one that is not"}
		env := lambdaenvtest.Start(t, cfg)
		for range 2 {
			res := env.Invoke(`{}`)
			env.WaitIdle()
			wantInOrder(t, env, res.RequestID, "responded", "hook", "idle")
		}
	})
}

// Then it is not known when the response was sent.
func TestABaseContextThatEndsEarlyDoesNotLoseHooks(t *testing.T) {
	env := startHandler(t, "base context that ends early")
	for range 2 {
		res := env.Invoke(`{}`)
		env.WaitIdle()
		wantInOrder(t, env, res.RequestID, "the handler returns", "hook", "idle")
		summaryOf(t, env, res.RequestID).want(t, map[string]any{record.HookCount: 1.0, record.ResponseMs: nil})
	}
}

// Its deadline is not the function's. It counts until the INVOKE event comes, which
// may be before the handler is called or after that: hence some invocations.
func TestABaseContextThatHasEndedDoesNotLoseHooks(t *testing.T) {
	env := startHandler(t, "base context that has ended")
	for range 20 {
		res := env.Invoke(`{}`)
		env.WaitIdle()
		summaryOf(t, env, res.RequestID).want(t, map[string]any{
			record.HookCount: 2.0, record.Abandoned: 0.0, record.ResponseMs: nil,
		})
	}
	problem := oneRecord(t, env, record.LibraryProblem)
	problem.wantText(t, record.Reason, "was cancelled early")
}

func TestNilArgumentsPanicAtOnce(t *testing.T) {
	tests := map[string]func(){
		"postinvoke: WrapHandler was given a nil handler":            func() { postinvoke.WrapHandler(nil, nil) },
		"postinvoke: Wrap was given a nil handler":                   func() { postinvoke.Wrap[int, int](nil, nil) },
		"postinvoke: a nil function was registered for the shutdown": func() { postinvoke.Shutdown(nil) },
	}
	for want, f := range tests {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("got panic %v, want %q", got, want)
				}
			}()
			f()
		}()
	}
}
