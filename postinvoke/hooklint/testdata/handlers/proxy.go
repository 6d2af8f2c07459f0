package handlers

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

// An adapter to a web framework, with an error tracker that is flushed, and a
// middleware that works with any handler.

type adapter interface {
	ProxyWithContext(ctx context.Context, r events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error)
}

type tracker struct{ out io.Writer }

func (t *tracker) Flush(timeout time.Duration) bool { return timeout > 0 }

func (t *tracker) Recover(v any) {}

type proxy struct {
	adapter adapter
	tracker *tracker
}

func (p proxy) handle(ctx context.Context, r events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	defer func() {
		if v := recover(); v != nil {
			p.tracker.Recover(v)
			panic(v)
		}
	}()
	postinvoke.Run(ctx, func() { p.tracker.Flush(2 * time.Second) })
	return p.adapter.ProxyWithContext(ctx, r)
}

// instrument is what vendors call InstrumentHandler or WrapFunction.
func instrument(handler any) any { return handler }

func startProxy(p proxy) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		response, err := postinvoke.Wrap(p.handle, nil)(context.Background(), events.APIGatewayProxyRequest{Path: "/"})
		println(response.Body, err)
		return
	}
	lambda.StartHandler(postinvoke.WrapHandler(lambda.NewHandler(instrument(p.handle)), nil))
}

// A handler without hooks needs nobody to wrap it.
func startOther() {
	lambda.Start(instrument(func(ctx context.Context, e events.S3Event) error { return ctx.Err() }))
}
