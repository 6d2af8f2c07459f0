package main

import (
	"testing"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

// With postinvoketest the work is a hook, and the test gets its error.
func TestTheWorkIsAHook(t *testing.T) {
	inv := postinvoketest.Invoke(postinvoketest.New(t), postinvoke.Wrap(greet, nil), "Ada")
	if err := inv.RunHooks(); err == nil || len(inv.Hooks()) != 1 {
		t.Errorf("got error %v, hooks %v", err, inv.Hooks())
	}
}

// Without it the work is a goroutine, and the test waits for that.
func TestTheWorkIsAGoroutine(t *testing.T) {
	if greeting, err := greet(t.Context(), "Ada"); greeting != "hello Ada" || err != nil {
		t.Errorf("got %q, %v", greeting, err)
	}
	running.Wait()
}
