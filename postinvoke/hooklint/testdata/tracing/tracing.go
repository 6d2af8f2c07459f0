// Package tracing has hooks with spans.
package tracing

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"example.com/postinvoke/postinvoke"
)

type shop struct{ tracer trace.Tracer }

func (s shop) order(ctx context.Context, send func(context.Context) error) {
	ctx, span := s.tracer.Start(ctx, "order")
	defer span.End()
	postinvoke.Run(ctx, func() { // the parent of a span may have ended
		_, span := s.tracer.Start(ctx, "hook")
		defer span.End()
		trace.SpanFromContext(ctx).AddEvent("hook")
	})
	spanCtx, span := s.tracer.Start(ctx, "hook")
	postinvoke.RunContext(ctx, func(context.Context) error {
		defer span.End()
		return s.ship(spanCtx) // want `spanCtx derives from the handler's context, which has ended when the hook runs, so s.ship fails`
	})
}

func (s shop) ship(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}
