// Command least echoes its event, and does the least that keeps an environment
// awake: it is an internal extension that requests the next event when the
// context of the invocation has ended, which is when the response was sent. It
// runs no hooks and logs nothing.
package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/internal/extensionsapi"
)

func main() {
	api := extensionsapi.New(os.Getenv("AWS_LAMBDA_RUNTIME_API"), "least-internal")
	if err := api.Register(time.Minute, "INVOKE"); err != nil {
		panic(err)
	}
	invocations := make(chan context.Context, 1)
	go func() {
		for {
			if _, err := api.Next(); err != nil {
				panic(err)
			}
			invocation := <-invocations
			<-invocation.Done()
		}
	}()
	lambda.Start(func(ctx context.Context, event json.RawMessage) (json.RawMessage, error) {
		invocations <- ctx
		return event, nil
	})
}
