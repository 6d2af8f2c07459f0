// Command middleware has middleware around its handler.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/lint/wrap/elsewhere"
	"example.com/postinvoke/postinvoke"
)

func main() {
	lambda.Start(elsewhere.Limit(postinvoke.Wrap(handle, &postinvoke.Options{}))) // want `elsewhere.Limit is around the wrapped handler, and may end its context before the response is sent: wrap what elsewhere.Limit returns`
	lambda.StartWithOptions(elsewhere.Handle)                                     // want `the handler registers hooks and is not wrapped`
	lambda.Start(elsewhere.Limit(elsewhere.Handle))                               // want `the handler registers hooks and is not wrapped`

	lambda.Start(elsewhere.Limit(elsewhere.Limit(elsewhere.Handle))) // want `the handler registers hooks and is not wrapped`

	local := func(h elsewhere.Handler) elsewhere.Handler {
		return func(ctx context.Context, name string) (string, error) { return h(ctx, name) }
	}
	logged := postinvoke.Wrap(handle, nil) // want `local is around the wrapped handler`
	lambda.Start(local(logged))

	inner := postinvoke.Wrap(handle, nil) // want `elsewhere.Limit is around the wrapped handler`
	lambda.Start(elsewhere.Limit(inner))

	// The rest is right.
	lambda.Start(elsewhere.Hooks(elsewhere.Handle))
	lambda.Start(elsewhere.Hooks(elsewhere.Limit(elsewhere.Handle)))
	lambda.Start(elsewhere.Asks)
	lambda.Start(postinvoke.Wrap(elsewhere.Limit(handle), nil))
	lambda.Start(postinvoke.Wrap(elsewhere.Limit(postinvoke.Wrap(handle, nil)), nil))
	middlewares := []func(elsewhere.Handler) elsewhere.Handler{elsewhere.Limit, elsewhere.Hooks}
	h := elsewhere.Handler(handle)
	for _, m := range middlewares {
		h = m(h)
	}
	lambda.Start(h)
	lambda.Start(chain(handle, middlewares...))
	lambda.Start(chain(handle, elsewhere.Hooks))
}

func chain(h elsewhere.Handler, around ...func(elsewhere.Handler) elsewhere.Handler) elsewhere.Handler {
	for _, m := range around {
		h = m(h)
	}
	return h
}

func handle(ctx context.Context, name string) (string, error) {
	postinvoke.Run(ctx, func() { println(name) })
	return name, nil
}
