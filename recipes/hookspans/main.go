// Command hookspans makes an OpenTelemetry span of each hook, without a change to
// the hooks: a separate trace, with a link to the span of the invocation, which
// has ended with the response.
//
// The span of the hook that flushes is made when it has finished, and so is sent
// by the next invocation or at the shutdown. Spans that a hook makes itself are
// children of the invocation's span: see flushtraces. What a process has not sent
// when it is killed is lost.
package main

import (
	"context"
	"fmt"
	"log"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"example.com/postinvoke/postinvoke"
)

func main() {
	// OTEL_EXPORTER_OTLP_ENDPOINT is the address of the collector.
	exporter, err := otlptracehttp.New(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	postinvoke.ShutdownContext(provider.Shutdown)
	s := shop{provider, provider.Tracer("example.com/shop")}
	postinvoke.Start(s.order, &postinvoke.Options{Observer: &postinvoke.Observer{Hook: s.span}})
}

type shop struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

func (s shop) order(ctx context.Context, item string) (string, error) {
	postinvoke.RunContext(ctx, s.provider.ForceFlush, postinvoke.Name("flush"))
	ctx, span := s.tracer.Start(ctx, "order")
	defer span.End()
	postinvoke.RunContext(ctx, func(context.Context) error {
		return fmt.Errorf("the warehouse has no %s", item)
	}, postinvoke.Name("call the warehouse"))
	return "ordered " + item, nil
}

// span makes the span of a hook that has run. ctx has the values of the context
// that the hook was registered with, and so the span to link to.
func (s shop) span(ctx context.Context, hook postinvoke.HookResult) {
	if hook.Started.IsZero() {
		return // it was refused, or abandoned before it started: that is logged
	}
	_, span := s.tracer.Start(ctx, hook.Name,
		trace.WithNewRoot(),
		trace.WithLinks(trace.LinkFromContext(ctx)),
		trace.WithTimestamp(hook.Started),
		trace.WithAttributes(
			attribute.String("faas.invocation_id", hook.RequestID),
			attribute.String("postinvoke.outcome", string(hook.Outcome)),
			attribute.Int64("postinvoke.queued_ms", hook.Started.Sub(hook.Queued).Milliseconds())))
	if hook.Err != nil {
		span.SetStatus(codes.Error, hook.Err.Error())
	}
	span.End(trace.WithTimestamp(hook.Finished))
}
