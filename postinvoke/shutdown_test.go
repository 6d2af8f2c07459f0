package postinvoke_test

import (
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

func TestShutdownFunctionsRunLastFirstAndTheProcessExits(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.Env = []string{"SHUTDOWN=order"}
		env := startScenarios(t, cfg)
		env.Invoke(do("nothing"))
		env.WaitIdle()
		report := env.Shutdown()
		wantLines(t, printed(env, ""), "bye last registered", "bye second registered, deadline: true", "bye first registered")
		if len(report.Killed) > 0 {
			t.Errorf("%v had to be killed", report.Killed)
		}
		oneRecord(t, env, record.ShutdownHooks).want(t, map[string]any{
			record.HookCount: 5.0, record.Failures: 3.0, record.Abandoned: 0.0, record.BudgetMs: 500.0,
		})
		if got := len(records(t, env, record.HookFailed)); got != 3 {
			t.Errorf("got %d records of failed hooks, want 3", got)
		}
	})
}

func TestAShutdownFunctionThatOverrunsIsReported(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.Env = []string{"SHUTDOWN=overrun"}
		env := startScenarios(t, cfg)
		report := env.Shutdown()
		wantLines(t, printed(env, ""), "bye...")
		if len(report.Killed) > 0 {
			t.Errorf("%v had to be killed", report.Killed)
		}
		oneRecord(t, env, record.ShutdownHooks).want(t, map[string]any{
			record.HookCount: 2.0, record.Abandoned: 2.0,
		})
		wantAbandoned(t, env, nil, true, false)
	})
}

func TestShutdownDuringTheShutdownIsRefused(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{LogFormat: lambdaenv.JSON, Env: []string{"SHUTDOWN=late"}})
	env.Shutdown()
	wantLines(t, printed(env, ""))
	oneRecord(t, env, record.HookRefused).want(t, map[string]any{
		"level": "ERROR", record.Reason: "the environment is shutting down",
	})
}
