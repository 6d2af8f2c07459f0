package postinvoketest_test

import (
	"context"
	"testing"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

// A pool says goodbye to its database at the end of the environment.
type pool struct{ closed bool }

func newPool() *pool {
	p := &pool{}
	postinvoke.ShutdownContext(func(context.Context) error {
		p.closed = true
		return nil
	})
	return p
}

// What is registered before New belongs to the process and not to the test: the
// pool is made after it.
func testThePoolIsClosedAtTheEnd(t *testing.T) {
	env := postinvoketest.New(t)
	p := newPool()

	if err := env.Shutdown(); err != nil {
		t.Error(err)
	}
	if !p.closed {
		t.Error("the pool is open when the environment has ended")
	}
}

func Example_shutdown() {
	var t *testing.T // that go test gives to TestThePoolIsClosedAtTheEnd
	testThePoolIsClosedAtTheEnd(t)
}
