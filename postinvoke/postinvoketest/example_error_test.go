package postinvoketest_test

import (
	"context"
	"errors"
	"testing"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

var errUnreachable = errors.New("the collector cannot be reached")

// export has a hook that fails.
func export(ctx context.Context, _ string) (string, error) {
	postinvoke.RunContext(ctx, func(context.Context) error {
		return errUnreachable
	}, postinvoke.Name("flush traces"))
	return "exported", nil
}

// RunHooks returns the errors of hooks. The response is not affected.
func testAFlushThatFailsIsReported(t *testing.T) {
	t.Parallel()
	env := postinvoketest.New(t)
	inv := postinvoketest.Invoke(env, postinvoke.Wrap(export, nil), "spans")
	if inv.Err != nil || inv.Response != "exported" {
		t.Errorf("got response %q, %v", inv.Response, inv.Err)
	}
	err := inv.RunHooks()
	if !errors.Is(err, errUnreachable) {
		t.Errorf("got %v, want %v", err, errUnreachable)
	}
	if hook, ok := errors.AsType[*postinvoketest.HookError](err); !ok || hook.Hook != "flush traces" {
		t.Errorf("got %+v, want the name of the hook", hook)
	}
}

func Example_error() {
	var t *testing.T // from go test, which calls TestAFlushThatFailsIsReported
	testAFlushThatFailsIsReported(t)
}
