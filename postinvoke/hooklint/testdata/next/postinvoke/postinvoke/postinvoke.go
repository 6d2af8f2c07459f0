// Package postinvoke has the names and signatures that the library is about to
// have. When it has them, the tests of this module belong into the other one.
package postinvoke

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

type Options struct{}

type Option struct{}

func Name(string) Option { return Option{} }

func Start(handler any, opts *Options, options ...lambda.Option) {}

func Enabled(context.Context) bool { return true }

func Run(context.Context, func(), ...Option) {}

func RunContext(context.Context, func(context.Context) error, ...Option) {}

func Go(context.Context, func(context.Context) error, ...Option) {}

func Shutdown(func(), ...Option) {}

func ShutdownContext(func(context.Context) error, ...Option) {}

func Wrap[In, Out any](handle func(context.Context, In) (Out, error), opts *Options) func(context.Context, In) (Out, error) {
	return handle
}
