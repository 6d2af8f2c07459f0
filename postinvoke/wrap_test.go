package postinvoke_test

import (
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

// The caller cannot tell a wrapped handler from the same one without the
// library.
func TestWrappingChangesNoResponse(t *testing.T) {
	kinds := []string{
		"typed", "typed options", "typed page",
		"handler", "handler options", "handler error", "handler page", "handler reader",
		"handler reader with a JSON form", "handler that calls another", "handler of bytes", "invalid handler",
	}
	events := []string{
		`{"number": 12345678901234567890, "text": "<&>"}`,
		`{"number": "1", "text": "é"}`,
		`{"unknown": true}`,
		`{"text": 1}`,
		`[]`,
		`null`,
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			bare := startHandler(t, kind, "WRAPPED=false")
			wrapped := startHandler(t, kind)
			for _, event := range events {
				want, got := bare.Invoke(event), wrapped.Invoke(event)
				if string(got.Payload) != string(want.Payload) {
					t.Errorf("event %s: got response %s, want %s", event, got.Payload, want.Payload)
				}
				if got.ContentType != want.ContentType {
					t.Errorf("event %s: got content type %q, want %q", event, got.ContentType, want.ContentType)
				}
				if got.FunctionError != want.FunctionError {
					t.Errorf("event %s: got error %q, want %q", event, got.FunctionError, want.FunctionError)
				}
			}
		})
	}
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

// The outer handler must not say done while the hooks of the inner one run.
func TestAHandlerMayBeWrappedTwice(t *testing.T) {
	env := startHandler(t, "wrapped twice")
	res := env.Invoke(`{}`)
	env.WaitIdle()
	wantInOrder(t, env, res.RequestID, "responded", "hook", "idle")
	oneRecord(t, env, record.Hooks).want(t, map[string]any{record.HookCount: 1.0})
}

// Neither knows of the other. Done must be said when both are.
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

// Nothing tells then when the response was sent.
func TestABaseContextThatEndsEarlyDoesNotLoseHooks(t *testing.T) {
	env := startHandler(t, "base context that ends early")
	for range 2 {
		res := env.Invoke(`{}`)
		env.WaitIdle()
		wantInOrder(t, env, res.RequestID, "the handler returns", "hook", "idle")
		summaryOf(t, env, res.RequestID).want(t, map[string]any{record.HookCount: 1.0, record.ResponseMs: nil})
	}
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
