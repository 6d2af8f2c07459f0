package postinvoketest_test

import (
	"context"
	"slices"
	"testing"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

// An audit is what the function under test writes after its response.
type audit struct{ rows []string }

func (a *audit) handle(ctx context.Context, order string) (string, error) {
	postinvoke.RunContext(ctx, func(context.Context) error {
		a.rows = append(a.rows, "placed "+order)
		return nil
	})
	return "thank you", nil
}

// The test checks the response, then what must not have happened yet, then runs
// the hooks and checks what they did.
func testOrdersAreAudited(t *testing.T) {
	t.Parallel()
	env := postinvoketest.New(t)
	a := &audit{}
	handler := postinvoke.Wrap(a.handle, nil)

	inv := postinvoketest.Invoke(env, handler, "a book")
	if inv.Err != nil || inv.Response != "thank you" {
		t.Errorf("got response %q, %v", inv.Response, inv.Err)
	}
	if len(a.rows) > 0 {
		t.Errorf("the caller waited for %q", a.rows)
	}
	if err := inv.RunHooks(); err != nil {
		t.Error(err)
	}
	if want := []string{"placed a book"}; !slices.Equal(a.rows, want) {
		t.Errorf("got rows %q, want %q", a.rows, want)
	}
}

func Example() {
	var t *testing.T // from go test, which calls TestOrdersAreAudited
	testOrdersAreAudited(t)
}
