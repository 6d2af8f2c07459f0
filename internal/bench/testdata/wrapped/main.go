// Command wrapped echoes its event, with the library. It registers as many
// hooks that do nothing as HOOKS is, or does the work with the function that CALL names.
package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/internal/bench"
	"example.com/postinvoke/postinvoke"
)

func main() {
	hooks, call := bench.Hooks(), os.Getenv(bench.CallVariable)
	var opts postinvoke.Options
	if os.Getenv(bench.QuietVariable) != "" {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
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
	}, &opts))
}
