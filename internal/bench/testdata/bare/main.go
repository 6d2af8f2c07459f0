// Command bare echoes its event, without the library. Its handler does the
// work, if there is any, before it returns.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/internal/bench"
)

func main() {
	lambda.Start(func(_ context.Context, event json.RawMessage) (json.RawMessage, error) {
		bench.Work()
		return event, nil
	})
}
