// Command wrapped echoes its event, with the library. HOOK=yes registers a
// hook that does nothing with each invocation.
package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

func main() {
	hook := os.Getenv("HOOK") == "yes"
	lambda.Start(postinvoke.Wrap(func(ctx context.Context, event json.RawMessage) (json.RawMessage, error) {
		if hook {
			postinvoke.Run(ctx, func() {})
		}
		return event, nil
	}, nil))
}
