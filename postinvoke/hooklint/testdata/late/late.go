// Package late registers hooks in goroutines.
package late

import (
	"context"
	"fmt"
	"sync"

	"example.com/postinvoke/postinvoke"
)

func handle(ctx context.Context, id string) {
	go func() { // want `nothing waits for this goroutine, so it may register its hook too late: start it with Go, or register the hook before \(.*docs/hooklint.md#late\)`
		fmt.Println(id)
		postinvoke.Run(ctx, func() { fmt.Println("hook") })
	}()
	go postinvoke.Run(ctx, func() { fmt.Println("hook") }) // want `nothing waits for this goroutine, so it may register its hook too late`
	go later(ctx, id)                                      // want `nothing waits for this goroutine, so it may register its hook too late`
}

func later(ctx context.Context, id string) {
	postinvoke.Run(ctx, func() { fmt.Println("hook", id) })
}

// The rest is right.

func waited(ctx context.Context, ids []string) {
	var group sync.WaitGroup
	for _, id := range ids {
		group.Go(func() { later(ctx, id) })
	}
	group.Wait()
	postinvoke.Go(ctx, func(ctx context.Context) error {
		later(ctx, "registered by work that the environment waits for")
		return nil
	})
}
