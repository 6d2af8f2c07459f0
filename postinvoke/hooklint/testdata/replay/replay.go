// Package replay has durable functions with hooks.
package replay

import (
	"context"
	"fmt"

	"github.com/aws/aws-durable-execution-sdk-go/durable"

	"example.com/postinvoke/postinvoke"
)

func handle(ctx durable.Context, id string) (string, error) {
	postinvoke.Run(ctx, func() { fmt.Println("ordered", id) }) // want `this code runs again on each replay of the durable function, and registers the hook again: register it in a step, or check IsReplaying \(.*docs/hooklint.md#replay\)`
	note(ctx, id)                                              // want `note registers a hook, and is called again on each replay of the durable function: call it in a step, or check IsReplaying`
	return durable.Step(ctx, "ship", func(ctx durable.StepContext) (string, error) {
		postinvoke.Run(ctx, func() { fmt.Println("shipped", id) })
		note(ctx, id)
		return id, nil
	})
}

func note(ctx context.Context, id string) {
	postinvoke.Run(ctx, func() { fmt.Println("noted", id) })
}

// The rest is right.

func asks(ctx durable.Context, id string) (string, error) {
	if !ctx.IsReplaying() {
		postinvoke.Run(ctx, func() { fmt.Println("ordered", id) })
	}
	return id, nil
}

type provider struct{}

func (provider) ForceFlush(context.Context) error { return nil }

// Each invocation has spans to flush.
func flushes(ctx durable.Context, p provider) (string, error) {
	postinvoke.RunContext(ctx, p.ForceFlush)
	postinvoke.RunContext(ctx, func(ctx context.Context) error { return p.ForceFlush(ctx) })
	return "", nil
}

func around(handle durable.Handler[string, string]) func(context.Context, []byte) ([]byte, error) {
	h := durable.Wrap(handle)
	return func(ctx context.Context, event []byte) ([]byte, error) {
		postinvoke.Run(ctx, func() { fmt.Println("once in an invocation") })
		return h(ctx, event)
	}
}
