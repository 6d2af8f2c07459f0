// Command misbehaving is a function whose hooks do all that the dashboard has
// a place for.
package main

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

type event struct {
	Do string `json:"do"`
}

// earlier is the context of the last invocation, when it is over.
var earlier context.Context

func main() {
	lambda.Start(postinvoke.Wrap(handle, nil))
}

func handle(ctx context.Context, e event) (string, error) {
	defer func() { earlier = ctx }()
	switch e.Do {
	case "fail":
		postinvoke.RunContext(ctx, func(context.Context) error { return errors.New("it failed") })
	case "panic":
		postinvoke.Run(ctx, func() { panic("it panicked") })
	case "overrun":
		postinvoke.Run(ctx, func() { time.Sleep(2 * time.Second) })
	case "too late":
		postinvoke.Run(earlier, func() {})
	}
	return e.Do, nil
}
