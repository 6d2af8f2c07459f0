// Command started has middleware around its handler, and options.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

type handler = func(context.Context, string) (string, error)

func main() {
	lambda.StartWithOptions(logged(postinvoke.Wrap(handle, &postinvoke.Options{})), lambda.WithUseNumber(true)) // want `logged is around the wrapped handler`
	lambda.StartWithOptions(logged(registers), lambda.WithUseNumber(true))                                      // want `start it with postinvoke.Start`

	// The rest is right.
	postinvoke.Start(logged(handle), nil)
	postinvoke.Start(logged(postinvoke.Wrap(handle, nil)), nil, lambda.WithEnableSIGTERM(func() { println("bye") }))
	lambda.Start(optional)
}

func logged(handle handler) handler {
	return func(ctx context.Context, name string) (string, error) {
		println(name)
		return handle(ctx, name)
	}
}

func handle(ctx context.Context, name string) (string, error) {
	go println(name) // a built-in does not wait for anybody
	go note(name)    // want `nothing waits for this goroutine`
	return background(ctx, name), nil
}

func registers(ctx context.Context, name string) (string, error) {
	postinvoke.Run(ctx, func() { println(name) })
	return name, nil
}

func note(name string) { println(name) }

// background runs in other programs as well.
func background(ctx context.Context, name string) string {
	if !postinvoke.Enabled(ctx) {
		println(name)
		return name
	}
	postinvoke.Run(ctx, func() { println(name) }, postinvoke.Name("print"))
	return name
}

func optional(ctx context.Context, name string) (string, error) {
	if postinvoke.Enabled(ctx) {
		postinvoke.Run(ctx, func() { println(name) })
	}
	return background(ctx, name), nil
}
