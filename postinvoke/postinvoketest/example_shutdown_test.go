package postinvoketest_test

import (
	"context"
	"testing"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

// A pool is closed when the environment shuts down.
type pool struct{ closed bool }

func newPool() *pool {
	p := &pool{}
	postinvoke.ShutdownContext(func(context.Context) error {
		p.closed = true
		return nil
	})
	return p
}

// Functions that are registered before New belong to the process and not to the
// test, so the pool is made after it. A test that calls Shutdown must not run in
// parallel.
func testThePoolIsClosedAtTheEnd(t *testing.T) {
	env := postinvoketest.New(t)
	p := newPool()

	if err := env.Shutdown(); err != nil {
		t.Error(err)
	}
	if !p.closed {
		t.Error("the pool is open after the shutdown")
	}
}

func Example_shutdown() {
	var t *testing.T // from go test, which calls TestThePoolIsClosedAtTheEnd
	testThePoolIsClosedAtTheEnd(t)
}
