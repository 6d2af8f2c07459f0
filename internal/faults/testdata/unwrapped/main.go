// Command unwrapped is a function that uses Shutdown, and wraps no handler.
package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

func main() {
	postinvoke.Shutdown(func() { fmt.Println("bye") })
	lambda.Start(func(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
		fmt.Println("handler works")
		return input, nil
	})
}
