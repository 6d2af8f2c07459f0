// Command plain starts a handler that registers hooks.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

func main() {
	lambda.Start(handle) // want `start it with postinvoke.Start`
}

func handle(ctx context.Context) error {
	postinvoke.Run(ctx, func() { println("hook") }, postinvoke.Name("hook"))
	return nil
}
