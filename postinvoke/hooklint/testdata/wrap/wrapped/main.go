// Command wrapped starts handlers that are wrapped, or need not be.
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
	h := lambda.NewHandler(handle)
	h = postinvoke.WrapHandler(h, nil)
	lambda.StartHandler(h)
	lambda.StartHandler(postinvoke.WrapHandler(raw{}, nil))
	lambda.StartHandler(postinvoke.WrapHandler(lambda.NewHandler(s.Handle), nil))
	lambda.Start(lambda.NewHandler(postinvoke.Wrap(handle, nil)))
	var conditional any = handle
	if os.Getenv("WRAPPED") != "false" {
		conditional = postinvoke.Wrap(handle, nil)
	}
	lambda.Start(conditional)
	if os.Getenv("HOOKS") == "" {
		lambda.Start(handle) // it may know that it is not wrapped
	}
	lambda.Start(func(ctx context.Context, name string) (string, error) { return name, nil })
}

func handle(ctx context.Context, name string) (string, error) {
	postinvoke.Run(ctx, func() { println(name) })
	return name, nil
}
