package postinvoke_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/record"
)

func TestHooksRunAfterTheResponseLastFirst(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		env := startScenarios(t, cfg)
		res := env.Invoke(do("order"))
		env.WaitIdle()
		if got, want := string(res.Payload), `{"did":"order"}`; got != want {
			t.Errorf("got response %s, want %s", got, want)
		}
		wantLines(t, printed(env, res.RequestID), "handler order", "hook 2", "hook 1", "hook 0")
		wantInOrder(t, env, res.RequestID, "handler order", "responded", "hook 2", "idle")
		summaryOf(t, env, res.RequestID).want(t, map[string]any{
			record.Outcome: "ok", record.HookCount: 3.0, record.Failures: 0.0, record.Abandoned: 0.0, record.ColdStart: true,
		})

		res = env.Invoke(do("order"))
		env.WaitIdle()
		summaryOf(t, env, res.RequestID).want(t, map[string]any{record.ColdStart: false})
	})
}

func TestHooksRunAfterAnError(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		env := startScenarios(t, cfg)
		res := env.Invoke(do("error"))
		env.WaitIdle()
		if !strings.Contains(string(res.Payload), "the handler's error") {
			t.Errorf("got response %s, want the handler's error", res.Payload)
		}
		wantInOrder(t, env, res.RequestID, "handler error", "responded", "hook", "idle")
		summaryOf(t, env, res.RequestID).want(t, map[string]any{record.Outcome: "error", record.HookCount: 1.0})
	})
}

// aws-lambda-go ends the process right after it has reported a panic.
func TestHooksRunBeforeAPanicIsReported(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		env := startScenarios(t, cfg)
		res := env.Invoke(do("panic"))
		env.WaitIdle()
		wantInOrder(t, env, res.RequestID, "handler panic", "hook", "responded")
		wantInOrder(t, env, res.RequestID, "handler panic", "beside the handler", "responded")
		summaryOf(t, env, res.RequestID).want(t, map[string]any{
			record.Outcome: "panic", record.HookCount: 2.0, record.ResponseMs: nil,
		})

		var reported struct {
			ErrorMessage string `json:"errorMessage"`
			StackTrace   []struct {
				Label string `json:"label"`
			} `json:"stackTrace"`
		}
		if err := json.Unmarshal(res.Payload, &reported); err != nil {
			t.Fatal(err)
		}
		if got, want := reported.ErrorMessage, "the handler's panic"; got != want {
			t.Errorf("got message %q, want %q", got, want)
		}
		stack := ""
		for _, frame := range reported.StackTrace {
			stack += frame.Label + " "
		}
		if !strings.Contains(stack, "panicking handle ") {
			t.Errorf("got stack %s, want it to show panicking called by handle", stack)
		}

		res = env.Invoke(do("order")) // the environment was reset, and works
		env.WaitIdle()
		wantLines(t, printed(env, res.RequestID), "handler order", "hook 2", "hook 1", "hook 0")
	})
}

func TestAHookMayRegisterHooks(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{LogFormat: lambdaenv.JSON})
	res := env.Invoke(do("nested"))
	env.WaitIdle()
	wantLines(t, printed(env, res.RequestID),
		"handler nested", "registers two", "with the hook's context", "with the handler's context", "outer")
	summaryOf(t, env, res.RequestID).want(t, map[string]any{record.HookCount: 4.0})
}

func TestRegisteringFromManyGoroutinesIsSafe(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{LogFormat: lambdaenv.JSON})
	res := env.Invoke(do("crowd"))
	env.WaitIdle()
	wantLines(t, printed(env, res.RequestID), "handler crowd", "ran 100")
}

// A hook that comes too late is neither lost in silence nor run in another invocation.
func TestRegisteringAfterTheHooksIsRefused(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		env := startScenarios(t, cfg)
		first := env.Invoke(do("save"))
		env.WaitIdle()
		second := env.Invoke(do("late"))
		env.WaitIdle()
		wantLines(t, printed(env, first.RequestID), "handler save", "hook of the first")
		wantLines(t, printed(env, second.RequestID), "handler late", "hook of the second")
		refused := oneRecord(t, env, record.HookRefused)
		refused.want(t, map[string]any{"level": "ERROR", record.RequestID: first.RequestID})
		refused.wantText(t, record.Hook, "say.func")
	})
}

func TestAHookThatFailsIsLoggedAndTheOthersRun(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		env := startScenarios(t, cfg)
		res := env.Invoke(do("failing"))
		env.WaitIdle()
		wantLines(t, printed(env, res.RequestID), "handler failing", "a hook between", "the last hook")
		summaryOf(t, env, res.RequestID).want(t, map[string]any{
			record.HookCount: 6.0, record.Failures: 4.0, record.Abandoned: 0.0,
		})

		failed := records(t, env, record.HookFailed)
		if len(failed) != 4 {
			t.Fatalf("got %d records of failed hooks, want 4", len(failed))
		}
		for _, r := range failed {
			r.want(t, map[string]any{"level": "ERROR", record.RequestID: res.RequestID})
		}
		failed[0].want(t, map[string]any{record.Panic: "the handler's panic"})
		failed[0].wantText(t, record.Stack, "main.panicking(")
		failed[1].want(t, map[string]any{record.Panic: "runtime.Goexit was called"})
		failed[2].want(t, map[string]any{record.Error: "<nil>"})
		failed[3].want(t, map[string]any{record.Error: "disk full", record.Stack: nil})
	})
}

func TestTheContextOfHooks(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.Timeout = time.Second
		cfg.Env = []string{"MARGIN=600ms"}
		env := startScenarios(t, cfg)
		res := env.Invoke(do("context"))
		report := env.WaitIdle()
		wantInOrder(t, env, res.RequestID, "responded", "value in Go: kept")
		wantLines(t, slices.DeleteFunc(printed(env, res.RequestID), func(s string) bool { return s == "value in Go: kept" }),
			"handler context",
			"value: kept",
			"request id "+res.RequestID,
			"handler's context: context canceled hook's context: <nil>",
			"margin 600ms",
			"then: context deadline exceeded")
		oneRecord(t, env, record.HookFailed).want(t, map[string]any{record.Error: "context deadline exceeded"})
		if report.Status != "success" {
			t.Errorf("got status %q, want success", report.Status)
		}
	})
}

// A hook that ignores its deadline must not end the environment, nor affect the hooks
// of the next invocation.
func TestAHookThatIgnoresItsDeadlineIsAbandoned(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.Timeout = time.Second
		env := startScenarios(t, cfg)
		first := env.Invoke(do("overrun"))
		report := env.WaitIdle()
		if report.Status != "success" {
			t.Errorf("got status %q, want success", report.Status)
		}
		wantLines(t, printed(env, first.RequestID), "handler overrun", "overruns")
		summaryOf(t, env, first.RequestID).want(t, map[string]any{
			record.HookCount: 2.0, record.Abandoned: 2.0, record.Failures: 0.0,
		})
		wantAbandoned(t, env, first.RequestID, false, true)

		second := env.Invoke(do("release"))
		env.WaitIdle()
		third := env.Invoke(do("order"))
		env.WaitIdle()
		wantLines(t, printed(env, second.RequestID), "handler release")
		wantLines(t, printed(env, third.RequestID), "handler order", "hook 2", "hook 1", "hook 0")
		oneRecord(t, env, record.HookLate).want(t, map[string]any{
			"level": "WARN", record.RequestID: first.RequestID,
		})
	})
}

// wantAbandoned checks the records of abandoned hooks, by whether each had
// started.
func wantAbandoned(t *testing.T, env *lambdaenvtest.Env, requestID any, started ...bool) {
	t.Helper()
	abandoned := records(t, env, record.HookAbandoned)
	if got, want := len(abandoned), len(started); got != want {
		t.Fatalf("got %d records of abandoned hooks, want %d", got, want)
	}
	for i, r := range abandoned {
		r.want(t, map[string]any{"level": "ERROR", record.RequestID: requestID, record.Started: started[i]})
	}
}

func TestRunOutsideAWrappedHandlerPanicsWithAdvice(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{LogFormat: lambdaenv.JSON})
	res := env.Invoke(do("outside"))
	env.WaitIdle()
	wantLines(t, printed(env, res.RequestID), "handler outside",
		"recovered: postinvoke: Run was called outside a wrapped handler: start the handler with postinvoke.Start, "+
			"or wrap it with postinvoke.Wrap, and pass on the context it is called with")
}

func TestGoStartsAtOnceAndKeepsTheEnvironmentAwake(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		env := startScenarios(t, cfg)
		res := env.Invoke(do("go"))
		env.WaitIdle()
		wantInOrder(t, env, res.RequestID,
			"started beside the handler", "responded", "still at it: <nil>", "registered by Go", "idle")
		summaryOf(t, env, res.RequestID).want(t, map[string]any{record.HookCount: 2.0, record.Failures: 1.0})
		oneRecord(t, env, record.HookFailed).want(t, map[string]any{record.Error: "from Go"})
	})
}

func TestStreamsReachTheRuntimeUntouched(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		env := startScenarios(t, cfg)
		res := env.Invoke(do("stream"))
		env.WaitIdle()
		if string(res.Payload) != "<p>streamed</p>" || res.ContentType != "text/html" {
			t.Errorf("got %q of type %q, want <p>streamed</p> of type text/html", res.Payload, res.ContentType)
		}
		wantInOrder(t, env, res.RequestID,
			"handler stream", "the stream ends", "responded", "registered by the stream", "idle")
	})
}

// aws-lambda-go answers such an event without calling the handler.
func TestAnEventThatCannotBeDecodedDoesNotHoldTheEnvironment(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.Timeout = time.Hour // the test itself would time out
		env := startScenarios(t, cfg)
		res := env.Invoke(`{"do":42}`)
		env.WaitIdle()
		if res.FunctionError == "" {
			t.Errorf("got response %s, want an error", res.Payload)
		}
		released := oneRecord(t, env, record.Released)
		released.want(t, map[string]any{"level": "WARN", record.RequestID: res.RequestID})
		released.wantText(t, record.Reason, "could not decode the event")

		res = env.Invoke(do("order"))
		env.WaitIdle()
		wantLines(t, printed(env, res.RequestID), "handler order", "hook 2", "hook 1", "hook 0")
	})
}

func TestInvocationsLeaveNoGoroutinesBehind(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		env := startScenarios(t, cfg)
		count := func() string {
			res := env.Invoke(do("goroutines"))
			env.WaitIdle()
			return printed(env, res.RequestID)[1]
		}
		for range 10 {
			env.Invoke(do("go"))
			env.WaitIdle()
		}
		want := count()
		for range 100 {
			env.Invoke(do("order"))
			env.Invoke(do("go"))
			env.Invoke(do("failing"))
			env.Invoke(do("nothing"))
			env.WaitIdle()
		}
		if got := count(); got != want {
			t.Errorf("got %s, want %s as before", got, want)
		}
	})
}

func TestTheOriginalsProgramRunsAsItIs(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.Function = lambdaenvtest.Build(t, "postinvoke/testdata/original")
		env := lambdaenvtest.Start(t, cfg)
		res := env.Invoke(`{"hello": "world"}`)
		env.WaitIdle()
		env.Shutdown()
		if got, want := string(res.Payload), `{"hello":"world"}`; got != want {
			t.Errorf("got response %s, want %s", got, want)
		}
		if got, want := res.ContentType, "application/json"; got != want {
			t.Errorf("got content type %q, want %q", got, want)
		}
		wantInOrder(t, env, res.RequestID,
			"responded", "second on stack", "second on complete", "first on stack", "idle")
		wantLines(t, printed(env, ""), "bye y'all!")
	})
}

// The gate releases the environment if no handler is called. It must not do so for a
// handler that is slow to register its hooks.
func TestASlowHandlerIsWaitedFor(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		env := startScenarios(t, cfg)
		res := env.Invoke(do("slow"))
		env.WaitIdle()
		wantInOrder(t, env, res.RequestID, "handler slow", "responded", "hook", "idle")
		if released := records(t, env, record.Released); len(released) > 0 {
			t.Errorf("got %v, want the hook waited for", released)
		}
	})
}
