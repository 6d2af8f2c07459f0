package postinvoketest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

var errUnreachable = errors.New("the collector cannot be reached")

// export has two hooks: one that fails, and one that pays no heed to its context.
func export(ctx context.Context, _ string) (string, error) {
	postinvoke.RunContext(ctx, func(context.Context) error {
		time.Sleep(20 * time.Minute)
		return nil
	})
	postinvoke.RunContext(ctx, func(context.Context) error {
		return errUnreachable
	})
	return "exported", nil
}

// In a bubble the 15 minutes of the function's timeout take no time. New is
// called inside it.
func testHooksThatFailAndOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		inv := postinvoketest.Invoke(env, postinvoke.Wrap(export, nil), "spans")

		err := inv.RunHooks()
		if !errors.Is(err, errUnreachable) {
			t.Errorf("got %v, want one hook to fail with %v", err, errUnreachable)
		}
		if !errors.Is(err, postinvoketest.ErrAbandoned) {
			t.Errorf("got %v, want one hook to be abandoned", err)
		}
	})
}

func Example_overrun() {
	var t *testing.T // that go test gives to TestHooksThatFailAndOverrun
	testHooksThatFailAndOverrun(t)
}
