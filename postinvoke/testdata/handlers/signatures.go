package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
)

// signatures are handlers of every kind that lambda.Start takes, and some that it
// refuses.
var signatures = map[string]any{
	"func()":                              func() { fmt.Println("called") },
	"func() error":                        func() error { return nil },
	"func() error that fails":             func() error { return errors.New("no") },
	"func(event)":                         func(e event) { fmt.Println("called with", e) },
	"func(event) error":                   func(e event) error { return failing(e) },
	"func(pointer) error":                 func(e *event) error { return nil },
	"func(any) error":                     func(e any) error { fmt.Printf("called with %T\n", e); return nil },
	"func(context)":                       func(context.Context) { fmt.Println("called") },
	"func(context) error":                 func(context.Context) error { return custom{"no"} },
	"func(context, event)":                func(_ context.Context, e event) { fmt.Println("called with", e) },
	"func(context, event) error":          func(_ context.Context, e event) error { return failing(e) },
	"func() (value, error)":               func() (int, error) { return 42, nil },
	"func() (pointer, error)":             func() (*event, error) { return nil, nil },
	"func() (reader, error)":              func() (io.Reader, error) { return strings.NewReader("<p>"), nil },
	"func() (reader that has JSON)":       func() (io.Reader, error) { return document{Title: "t"}, nil },
	"func() (page, error)":                func() (any, error) { return page{strings.NewReader("<p>")}, nil },
	"func() (value that has no JSON)":     func() (any, error) { return func() {}, nil },
	"func(event) (value, error)":          func(e event) (event, error) { return e, failing(e) },
	"func(context) (value, error)":        func(context.Context) (string, error) { return "<&>", nil },
	"func(context, event) (value, error)": func(_ context.Context, e event) (event, error) { return e, failing(e) },
	"func(context, bytes) (bytes, error)": func(_ context.Context, b []byte) ([]byte, error) { return b, nil },
	"func(own context) error":             func(ownContext) error { return nil },
	"handler":                             raw{},
	"made by NewHandler":                  lambda.NewHandler(echo),
	"made by NewHandler of a handler":     lambda.NewHandler(raw{}),
	"panics":                              func() error { panic(custom{"no"}) },

	"no function":                    42,
	"nothing":                        nil,
	"func(event, context)":           func(event, context.Context) error { return nil },
	"func with three parameters":     func(context.Context, event, event) error { return nil },
	"func(interface)":                func(io.Reader) error { return nil },
	"func() value":                   func() int { return 42 },
	"func() with three results":      func() (int, int, error) { return 1, 2, nil },
	"func() with two values":         func() (int, int) { return 1, 2 },
	"func(context, ...event)":        func(context.Context, ...event) error { return nil },
	"func(context) error typed nil":  func(context.Context) error { var err *custom; return err },
	"func(context) (nil any, error)": func(context.Context) (any, error) { return nil, nil },
}

type ownContext interface{ context.Context }

func failing(e event) error {
	if e.Text == "fail" {
		return fmt.Errorf("it is %w", custom{e.Text})
	}
	return nil
}

type custom struct{ text string }

func (e custom) Error() string { return e.text }
