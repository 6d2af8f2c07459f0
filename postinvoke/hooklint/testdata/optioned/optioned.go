// Package optioned gives its hooks options.
package optioned

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

func send(ctx context.Context, id string) error { return ctx.Err() }

func handle(ctx context.Context, id string) (string, error) {
	postinvoke.RunContext(ctx, func(context.Context) error { return send(ctx, id) }, postinvoke.Name("send")) // want `ctx is the handler's context`
	postinvoke.Run(ctx, func() { _ = send(context.WithoutCancel(ctx), id) }, postinvoke.Name("send"))         // want `the error of send is thrown away`
	go postinvoke.Run(ctx, func() {}, postinvoke.Timeout(time.Second))                                        // want `nothing waits for this goroutine`
	go send(ctx, id)                                                                                          // want `nothing waits for this goroutine`
	return id, nil
}

func main() {
	postinvoke.Shutdown(func() { println("bye") })
	postinvoke.Start(handle, nil, lambda.WithEnableSIGTERM()) // want `WithEnableSIGTERM is used beside Shutdown`
}
