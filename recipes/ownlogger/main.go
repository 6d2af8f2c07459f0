// Command ownlogger logs with its own slog handler, and has postinvoke log
// the same way.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
)

func main() {
	lines := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: lambdacontext.ReplaceAttr, // the keys that Lambda and the dashboard look for
	})).With("service", "greeter")
	slog.SetDefault(slog.New(withRequestID{lines.Handler()}))

	// Not the default logger: postinvoke adds the request id itself, and its
	// records would have it twice.
	postinvoke.Start(greet, &postinvoke.Options{Logger: lines})
}

func greet(ctx context.Context, name string) (string, error) {
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		slog.InfoContext(ctx, "greeted", "name", name)
		return nil
	})
	return "hello " + name, nil
}

// withRequestID adds the id of the invocation that a record belongs to.
type withRequestID struct{ slog.Handler }

func (h withRequestID) Handle(ctx context.Context, r slog.Record) error {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		r.AddAttrs(slog.String("requestId", lc.AwsRequestID))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs and WithGroup keep loggers made with With and WithGroup from losing
// the request id.
func (h withRequestID) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withRequestID{h.Handler.WithAttrs(attrs)}
}

func (h withRequestID) WithGroup(name string) slog.Handler {
	return withRequestID{h.Handler.WithGroup(name)}
}
