// Command hello is somebody's function with a hook.
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

func main() {
	lambda.Start(postinvoke.Wrap(func(ctx context.Context, name string) (string, error) {
		postinvoke.Run(ctx, func() { fmt.Println("said hello to", name) })
		return "hello " + name, nil
	}, nil))
}
