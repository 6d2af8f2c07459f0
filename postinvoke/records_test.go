package postinvoke_test

import (
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
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
	problem.wantText(t, record.Reason, "no hook can run: Options.Margin, 1m0s, is not shorter than")
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
	refused.want(t, map[string]any{
		"level": "ERROR", record.Reason: "no time is left before the function's timeout",
	})
	oneRecord(t, env, record.HookAbandoned).want(t, map[string]any{record.Started: false})
}

func TestEachHookIsRecordedAtLevelDebug(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{LogFormat: lambdaenv.JSON, ApplicationLogLevel: "DEBUG"})
	res := env.Invoke(do("order"))
	env.WaitIdle()
	got := records(t, env, record.HookFinished)
	if len(got) != 3 {
		t.Fatalf("got %d records, want one for each of 3 hooks", len(got))
	}
	for _, r := range got {
		r.want(t, map[string]any{"level": "DEBUG", record.RequestID: res.RequestID})
		r.wantText(t, record.Hook, ".func")
		if ms, ok := r[record.HookMs].(float64); !ok || ms < 0 {
			t.Errorf("got %s %v, want a time", record.HookMs, r[record.HookMs])
		}
	}

	env = startScenarios(t, lambdaenv.Config{LogFormat: lambdaenv.JSON})
	env.Invoke(do("order"))
	env.WaitIdle()
	if got := records(t, env, record.HookFinished); len(got) != 0 {
		t.Errorf("got %d records at level INFO, want none", len(got))
	}
}

// A hook that a logger registers while others are logged as abandoned has to be in
// the black box, and must not start either.
func TestAHookRegisteredWhileOthersAreAbandonedIsInTheBlackBox(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{
		LogFormat:  lambdaenv.JSON,
		Timeout:    time.Second,
		Env:        []string{"MARGIN=600ms", "LOGGER=1"},
		Extensions: []string{lambdaenvtest.Build(t, "extension")},
	})
	res := env.Invoke(do("abandoned"))
	env.WaitIdle()
	wantLines(t, printed(env, res.RequestID), "handler abandoned")
	oneRecord(t, env, record.HooksLost).want(t, map[string]any{
		record.RequestID: res.RequestID, record.NotStarted: 1.0, record.Waiting: "registered late",
	})
}
