// Command unwrapped starts a handler that registers hooks.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

func main() {
	lambda.Start(handle) // want `the handler registers hooks and is not wrapped, so Run panics: start it with postinvoke.Start \(.*docs/hooklint.md#wrap\)`
}

func handle(ctx context.Context, name string) (string, error) {
	defer note(ctx, name)
	return name, nil
}

func note(ctx context.Context, name string) {
	postinvoke.Run(ctx, func() { println(name) })
}
