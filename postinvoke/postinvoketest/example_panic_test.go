package postinvoketest_test

import (
	"context"
	"errors"
	"testing"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

// A ledger has a handler that panics for an amount of zero, and a hook that
// unlocks what the handler has locked.
type ledger struct{ locked bool }

func (l *ledger) divide(ctx context.Context, amount int) (int, error) {
	l.locked = true
	postinvoke.Run(ctx, func() { l.locked = false })
	return 100 / amount, nil
}

// When a handler panics its hooks run before the process ends. Invoke returns
// after them, with the panic as the error.
func testTheLedgerIsUnlockedAfterAPanic(t *testing.T) {
	t.Parallel()
	env := postinvoketest.New(t)
	l := &ledger{}
	inv := postinvoketest.Invoke(env, postinvoke.Wrap(l.divide, nil), 0)

	if _, ok := errors.AsType[*postinvoke.PanicError](inv.Err); !ok {
		t.Errorf("got error %v, want a panic", inv.Err)
	}
	if l.locked {
		t.Error("the ledger is locked after the panic")
	}
	if err := inv.RunHooks(); err != nil { // of hooks that failed, as usual
		t.Error(err)
	}
}

func Example_panic() {
	var t *testing.T // from go test, which calls TestTheLedgerIsUnlockedAfterAPanic
	testTheLedgerIsUnlockedAfterAPanic(t)
}
