package main

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/postinvoke/postinvoketest"
)

func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		abandoned = make(chan struct{})
		env := postinvoketest.New(t)
		env.Context, env.Timeout = t.Context(), 10*time.Second
		inv := invoke(env, "book")
		if inv.Response != "ordered book" || inv.Err != nil {
			t.Errorf("got %q, %v", inv.Response, inv.Err)
		}
		err := inv.RunHooks()
		if !errors.Is(err, postinvoke.ErrAbandoned) || errors.Is(err, postinvoke.ErrRefused) {
			t.Errorf("got %v, want one hook abandoned", err)
		}
		hook, ok := errors.AsType[*postinvoketest.HookError](err)
		if !ok || hook.Hook != "pack" || !errors.Is(hook.Unwrap(), hook.Err) || hook.Error() == "" {
			t.Errorf("got %v, want the first failure to be that of pack", hook)
		}
		if got := len(inv.Hooks()); got < 5 {
			t.Errorf("got %d results, want 5", got)
		}
		if err := env.Shutdown(); err != nil || len(env.ShutdownHooks()) > 0 {
			t.Errorf("got %v, %v", err, env.ShutdownHooks())
		}
	})
}

func invoke(env *postinvoketest.Environment, item string) *postinvoketest.Invocation[string] {
	return postinvoketest.Invoke(env, postinvoke.Wrap(order, options()), item)
}
