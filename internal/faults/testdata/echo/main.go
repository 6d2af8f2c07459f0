// Command echo answers with the event, which it does not look at.
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

type echo struct{}

func (echo) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	fmt.Println("handler works")
	postinvoke.Run(ctx, func() { fmt.Println("hook works") })
	return event, nil
}

func main() {
	lambda.Start(postinvoke.WrapHandler(echo{}, nil))
}
