// Command alone leaves SIGTERM to aws-lambda-go.
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

func main() {
	lambda.StartWithOptions(postinvoke.Wrap(handle, nil), lambda.WithEnableSIGTERM(func() { fmt.Println("bye") }))
}

func handle(context.Context, string) (string, error) { return "", nil }
