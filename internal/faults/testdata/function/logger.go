package main

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"example.com/postinvoke/postinvoke"
	"example.com/postinvoke/record"
)

// newLogger returns a logger for Options: one that panics, one that registers a
// hook with each record, or one that signals late hooks.
func newLogger(kind string) *slog.Logger {
	if kind == "" {
		return nil
	}
	return slog.New(handler{lambdacontext.NewLogHandler(), kind})
}

type handler struct {
	slog.Handler
	kind string
}

// lateRecords gets an element for each hook that returned late.
var lateRecords = make(chan struct{}, 100)

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	switch h.kind {
	case "panics":
		panic("the logger has gone")
	case "registers hooks":
		func() {
			defer func() { recover() }() // that ctx is of no wrapped handler
			postinvoke.Run(ctx, worksToo)
		}()
	}
	err := h.Handler.Handle(ctx, r)
	if r.Message == record.HookLate {
		lateRecords <- struct{}{}
	}
	return err
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs), h.kind}
}

func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.kind}
}
