package postinvoke_test

import (
	"context"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
	"example.com/postinvoke/record"
)

// One that is stuck must starve neither the others nor the bill.
func TestAHookHasATimeoutAndANameOfItsOwn(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{
		LogFormat: lambdaenv.JSON, Timeout: 4 * time.Second, Env: []string{"MARGIN=2s"},
	})
	res := env.Invoke(do("options"))
	env.WaitIdle()
	wantLines(t, printed(env, res.RequestID), "handler options",
		"cause: postinvoke: the hook's own timeout has passed",
		"the last hook",
		"cause beside the handler: postinvoke: the function's timeout is near")
	oneRecord(t, env, record.HookAbandoned).want(t, map[string]any{
		record.Hook: "stuck", record.Started: true, record.Reason: "it did not return within its timeout of 10ms",
	})
	oneRecord(t, env, record.HookFailed).want(t, map[string]any{
		record.Hook: "obeys", record.Error: "context deadline exceeded",
		record.Reason: "the hook's own timeout has passed",
	})
	summaryOf(t, env, res.RequestID).want(t, map[string]any{
		record.HookCount: 4.0, record.Abandoned: 1.0, record.Failures: 1.0,
	})

	env.Invoke(do("release"))
	env.WaitIdle()
	oneRecord(t, env, record.HookLate).want(t, map[string]any{
		record.Hook: "stuck", record.RequestID: res.RequestID,
	})
}

func TestHooksHaveTheTimeoutOfTheOptions(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{LogFormat: lambdaenv.JSON, Env: []string{"HOOK_TIMEOUT=10ms"}})
	res := env.Invoke(do("default timeout"))
	env.WaitIdle()
	wantLines(t, printed(env, res.RequestID), "handler default timeout", "the last hook")
	oneRecord(t, env, record.HookAbandoned).want(t, map[string]any{
		record.Reason: "it did not return within its timeout of 10ms",
	})
}

func TestTheCauseOfAShutdown(t *testing.T) {
	env := postinvoketest.New(t)
	started, cause := make(chan struct{}), make(chan error, 1)
	handler := postinvoke.Wrap(func(ctx context.Context, _ struct{}) (struct{}, error) {
		postinvoke.Go(ctx, func(ctx context.Context) error {
			close(started)
			<-ctx.Done()
			cause <- context.Cause(ctx)
			return nil
		})
		return struct{}{}, nil
	}, nil)
	postinvoketest.Invoke(env, handler, struct{}{})
	<-started
	if err := env.Shutdown(); err != nil {
		t.Error(err)
	}
	if got := <-cause; got != postinvoke.ErrShutdown {
		t.Errorf("got cause %v, want %v", got, postinvoke.ErrShutdown)
	}
}

func TestEnabled(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{LogFormat: lambdaenv.JSON})
	res := env.Invoke(do("enabled"))
	wantLines(t, printed(env, res.RequestID), "handler enabled", "enabled: true false")
}
