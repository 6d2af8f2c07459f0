package postinvoke_test

import (
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

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
		if hook, _ := r[record.Hook].(string); !strings.Contains(hook, ".func") {
			t.Errorf("got hook %q, want its function", hook)
		}
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
