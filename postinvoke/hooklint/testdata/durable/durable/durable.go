// Package durable has of AWS's SDK for durable functions what the tests need:
// names and signatures.
package durable

import "context"

type Context interface {
	context.Context
	ExecutionArn() string
	IsReplaying() bool
}

type StepContext interface {
	context.Context
	Attempt() int
}

type Handler[I, O any] func(ctx Context, event I) (O, error)

func Start[I, O any](Handler[I, O]) {}

func Wrap[I, O any](Handler[I, O]) func(context.Context, []byte) ([]byte, error) { return nil }

func Step[O any](Context, string, func(StepContext) (O, error)) (out O, err error) { return }
