// Command flushtraces sends its OpenTelemetry spans after the response. The
// caller does not wait for the collector, and no span stays behind in a frozen
// process. Spans are lost if the process is killed first, or if the collector
// does not answer before the function's timeout is near.
package main

import (
	"context"
	"fmt"
	"log"

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
	postinvoke.Start(s.order, nil)
}

type shop struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

type order struct {
	Item string `json:"item"`
}

func (s shop) order(ctx context.Context, o order) (string, error) {
	// Registered first, it runs last, and flushes the spans of other hooks as
	// well. Its context has a deadline: a collector that is down costs time,
	// but never the execution environment.
	postinvoke.RunContext(ctx, s.provider.ForceFlush)

	ctx, span := s.tracer.Start(ctx, "order")
	defer span.End()
	postinvoke.RunContext(ctx, func(ctx context.Context) error {
		_, span := s.tracer.Start(ctx, "tell the warehouse") // a child of the span above
		defer span.End()
		fmt.Println("the warehouse packs", o.Item)
		return nil
	})
	return "ordered " + o.Item, nil
}
