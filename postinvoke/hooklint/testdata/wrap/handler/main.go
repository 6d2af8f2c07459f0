// Command handler starts handlers of other kinds.
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"example.com/postinvoke/postinvoke"
)

type raw struct{}

func (raw) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	postinvoke.Run(ctx, func() { println(len(event)) })
	return event, nil
}

type service struct{ name string }

func (s *service) Handle(ctx context.Context) error {
	postinvoke.Run(ctx, func() { println(s.name) })
	return nil
}

func main() {
	s := &service{name: os.Args[0]}
	base := context.WithValue(context.Background(), "service", s)
	lambda.StartHandler(raw{})                     // want `the handler registers hooks and is not wrapped`
	lambda.StartHandler(lambda.NewHandler(handle)) // want `the handler registers hooks and is not wrapped`
	lambda.StartWithOptions(s.Handle)              // want `the handler registers hooks and is not wrapped`
	lambda.StartHandlerFunc(handle)                // want `the handler registers hooks and is not wrapped`
	lambda.StartWithContext(base, handle)          // want `the handler registers hooks and is not wrapped`
	lambda.StartHandlerWithContext(base, raw{})    // want `the handler registers hooks and is not wrapped`
	lambda.Start(func(ctx context.Context) error { // want `the handler registers hooks and is not wrapped`
		postinvoke.Run(ctx, func() { println("hook") })
		return nil
	})
}

func handle(ctx context.Context, name string) (string, error) {
	postinvoke.Run(ctx, func() { println(name) })
	return name, nil
}
