package postinvoke_test

import (
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// fmt.Print in a hook must not make the record a part of its line, which no
// query would find.
func TestEachRecordIsALineOfItsOwn(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		env := startScenarios(t, cfg)
		res := env.Invoke(do("partial line"))
		env.WaitIdle()
		wantLines(t, printed(env, res.RequestID), "handler partial line", "a line without an end")
		summaryOf(t, env, res.RequestID)
	})
}

// Its timeout is not known before the first invocation.
func TestAMarginLongerThanTheTimeoutIsReported(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{
		LogFormat: lambdaenv.JSON,
		Timeout:   2 * time.Second,
		Env:       []string{"MARGIN=1m"},
	})
	for range 2 {
		env.Invoke(do("order"))
		env.WaitIdle()
	}
	problem := oneRecord(t, env, record.LibraryProblem)
	problem.want(t, map[string]any{"level": "WARN"})
	if reason, _ := problem[record.Reason].(string); !strings.Contains(reason, "no hook can run: Options.Margin, 1m0s, is not shorter than") {
		t.Errorf("got reason %q, want it to name the margin", reason)
	}
}

func TestAHookThatGoStartsAfterTheDeadlineIsRefused(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{
		LogFormat: lambdaenv.JSON,
		Timeout:   time.Second,
		Env:       []string{"MARGIN=600ms"},
	})
	res := env.Invoke(do("late Go"))
	env.WaitIdle()
	wantLines(t, printed(env, res.RequestID), "handler late Go")
	refused := oneRecord(t, env, record.HookRefused)
	refused.want(t, map[string]any{"level": "ERROR", record.Reason: "no time is left before the function's timeout"})
	oneRecord(t, env, record.HookAbandoned).want(t, map[string]any{record.Started: false})
}
