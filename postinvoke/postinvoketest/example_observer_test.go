package postinvoketest_test

import (
	"context"
	"testing"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

// metrics counts hooks by name and outcome.
type metrics map[string]int

func (m metrics) observer() *postinvoke.Observer {
	return &postinvoke.Observer{
		Hook: func(_ context.Context, hook postinvoke.HookResult) {
			m[hook.Name+" "+string(hook.Outcome)]++
		},
		Invocation: func(_ context.Context, invocation postinvoke.InvocationResult) {
			m["invocation "+string(invocation.Outcome)]++
		},
	}
}

// An observer is called in tests as it is on Lambda: when RunHooks returns it
// has all results of the invocation.
func testHooksAreCounted(t *testing.T) {
	t.Parallel()
	env := postinvoketest.New(t)
	counted := metrics{}
	handler := postinvoke.Wrap(func(ctx context.Context, _ string) (string, error) {
		postinvoke.Run(ctx, func() {}, postinvoke.Name("warm the cache"))
		return "done", nil
	}, &postinvoke.Options{Observer: counted.observer()})

	if err := postinvoketest.Invoke(env, handler, "work").RunHooks(); err != nil {
		t.Error(err)
	}
	for _, what := range []string{"warm the cache ok", "invocation ok"} {
		if counted[what] != 1 {
			t.Errorf("got %v, want %q once", counted, what)
		}
	}
}

func Example_observer() {
	var t *testing.T // from go test, which calls TestHooksAreCounted
	testHooksAreCounted(t)
}
