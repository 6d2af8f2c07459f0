package postinvoke_test

import (
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/record"
)

// wantMode checks the ready record.
func wantMode(t *testing.T, env *lambdaenvtest.Env, level, mode, reason string) {
	t.Helper()
	ready := oneRecord(t, env, record.Ready)
	ready.want(t, map[string]any{"level": level, record.Mode: mode})
	if got, _ := ready[record.Reason].(string); !strings.Contains(got, reason) {
		t.Errorf("got reason %q, want one with %q", got, reason)
	}
}

func TestTheLibraryKeepsTheEnvironmentAwake(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		env := startScenarios(t, cfg)
		wantMode(t, env, "INFO", record.ModeInternal, "registered as an internal extension")
		oneRecord(t, env, record.Ready).want(t, map[string]any{record.Layer: len(cfg.Extensions) > 0})
		res := env.Invoke(do("order"))
		env.WaitIdle()
		wantInOrder(t, env, res.RequestID, "responded", "hook 0", "idle")
	})
}

func TestEveryRecordHasTheFunctionsName(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.Env = []string{"SHUTDOWN=plain"}
		cfg.Name = "orders"
		env := startScenarios(t, cfg)
		env.Invoke(do("failing"))
		env.WaitIdle()
		env.Shutdown()
		want := []string{record.Ready, record.HookFailed, record.Hooks, record.ShutdownHooks}
		if len(cfg.Extensions) > 0 {
			want = append(want, record.Environment)
		}
		for _, message := range want {
			found := records(t, env, message)
			if len(found) == 0 {
				t.Errorf("no record %q", message)
			}
			for _, r := range found {
				r.want(t, map[string]any{record.Function: "orders"})
			}
		}
	})
}

// Package soak tests many invocations at a time.
func TestOnManagedInstancesNothingIsHeld(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.MaxConcurrency = 8
		env := startScenarios(t, cfg)
		wantMode(t, env, "INFO", record.ModeInternal, "Lambda Managed Instances are not frozen")
		res := env.Invoke(do("order"))
		env.AwaitLine(record.Hooks)
		summaryOf(t, env, res.RequestID).want(t, map[string]any{
			record.HookCount: 3.0, record.Failures: 0.0, record.Abandoned: 0.0,
		})
	})
}

// Lambda waits for every extension that asked for INVOKE events. One that receives
// none must not go on.
func TestALibraryThatIsRefusedEventsEndsTheProcess(t *testing.T) {
	env, err := lambdaenvtest.TryStart(t, lambdaenv.Config{
		Function:  lambdaenvtest.Build(t, "postinvoke/testdata/scenarios"),
		LogFormat: lambdaenv.JSON,
		Refuse:    map[string]int{"next": 500},
	})
	if err == nil {
		t.Error("the environment has started")
	}
	problem := oneRecord(t, env, record.LibraryProblem)
	problem.wantText(t, record.Reason, "ask for the next event: unexpected status 500")
	problem.want(t, map[string]any{"level": "ERROR"})
}
