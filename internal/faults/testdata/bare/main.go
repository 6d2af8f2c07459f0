// Command bare is a function that does not know of postinvoke.
package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
		fmt.Println("handler works")
		return input, nil
	})
}
