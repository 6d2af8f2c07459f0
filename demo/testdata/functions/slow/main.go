// Command slow is a function whose handler, and each of whose hooks, take as
// long as in the event. It prints nothing, and has no shutdown hooks.
package main

import (
	"context"
	"time"

	"example.com/postinvoke/postinvoke"
)

type event struct {
	HandlerMs, HookMs, Hooks int
	Panic                    bool
}

func main() {
	postinvoke.Start(handle, nil)
}

func handle(ctx context.Context, e event) (string, error) {
	for range e.Hooks {
		postinvoke.Run(ctx, func() { time.Sleep(time.Duration(e.HookMs) * time.Millisecond) })
	}
	time.Sleep(time.Duration(e.HandlerMs) * time.Millisecond)
	if e.Panic {
		panic("as the event said")
	}
	return "done", nil
}
