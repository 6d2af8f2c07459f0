// Command wrapped echoes its event, with the library. It registers HOOKS hooks that
// do nothing, or does the work with the call in CALL.
package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/internal/bench"
	"example.com/postinvoke/postinvoke"
)

func main() {
	hooks, call := bench.Hooks(), os.Getenv(bench.CallVariable)
	lambda.Start(postinvoke.Wrap(func(ctx context.Context, event json.RawMessage) (json.RawMessage, error) {
		for range hooks {
			postinvoke.Run(ctx, func() {})
		}
		switch call {
		case "Run":
			postinvoke.Run(ctx, bench.Work)
		case "Go":
			postinvoke.Go(ctx, func(context.Context) error {
				bench.Work()
				return nil
			})
		}
		return event, nil
	}, nil))
}
