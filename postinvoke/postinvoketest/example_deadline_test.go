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

// report has two hooks that take too long. The second to run ignores its context.
func report(ctx context.Context, _ string) (string, error) {
	postinvoke.RunContext(ctx, func(context.Context) error {
		time.Sleep(20 * time.Minute)
		return nil
	}, postinvoke.Name("upload"))
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}, postinvoke.Name("flush"), postinvoke.Timeout(2*time.Second))
	return "reported", nil
}

// In a bubble the 15 minutes of the function's timeout take no time. Call New in
// the bubble.
func testHooksThatTakeTooLongAreStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		env := postinvoketest.New(t)
		inv := postinvoketest.Invoke(env, postinvoke.Wrap(report, nil), "sales")

		err := inv.RunHooks()
		if !errors.Is(err, postinvoke.ErrHookTimeout) || !errors.Is(err, postinvoke.ErrAbandoned) {
			t.Errorf("got %v, want one hook to be cancelled and one to be abandoned", err)
		}
		flush, upload := inv.Hooks()[0], inv.Hooks()[1]
		if took := flush.Finished.Sub(flush.Started); took != 2*time.Second {
			t.Errorf("%s: %s after %v, want 2s, its timeout", flush.Name, flush.Outcome, took)
		}
		if upload.Outcome != postinvoke.OutcomeAbandoned {
			t.Errorf("%s: %s, want it abandoned: %s", upload.Name, upload.Outcome, upload.Reason)
		}
	})
}

func Example_deadline() {
	var t *testing.T // from go test, which calls TestHooksThatTakeTooLongAreStopped
	testHooksThatTakeTooLongAreStopped(t)
}
