// Package elsewhere has a handler, and middlewares.
package elsewhere

import (
	"context"
	"time"

	"example.com/postinvoke/postinvoke"
)

type Handler = func(context.Context, string) (string, error)

func Handle(ctx context.Context, name string) (string, error) {
	postinvoke.Run(ctx, func() { println(name) })
	return name, nil
}

// Asks may be called without being wrapped.
func Asks(ctx context.Context, name string) (string, error) {
	return name, nil
}

func Limit(handle Handler) Handler {
	return func(ctx context.Context, name string) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return handle(ctx, name)
	}
}

func Hooks(handle Handler) Handler { return withHooks(handle) }

func withHooks(handle Handler) Handler { return postinvoke.Wrap(handle, nil) }
