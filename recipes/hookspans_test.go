package recipes_test

import (
	"bytes"
	"net/http"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

func TestSpansOfHooksLinkToTheInvocations(t *testing.T) {
	server := newGatedServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-protobuf")
	})
	env := start(t, "hookspans", "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL, "OTEL_BSP_SCHEDULE_DELAY=3600000")
	response := env.Invoke(`"book"`)
	server.open()
	env.WaitIdle()
	wantResponse(t, response, `"ordered book"`)
	server.open() // for the span of the flush itself
	env.Shutdown()

	spans := map[string]*tracepb.Span{}
	for _, export := range server.passed() {
		for _, span := range spansIn(t, export) {
			spans[span.Name] = span
		}
	}
	order, call := spans["order"], spans["call the warehouse"]
	if order == nil || call == nil || spans["flush"] == nil || len(spans) != 3 {
		t.Fatalf("got spans %v, want order, call the warehouse and flush", spans)
	}
	if len(call.ParentSpanId) > 0 || len(call.Links) != 1 || !bytes.Equal(call.Links[0].SpanId, order.SpanId) {
		t.Errorf("got parent %x and links %v, want a root with a link to %x", call.ParentSpanId, call.Links, order.SpanId)
	}
	if call.Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR || call.Status.Message != "the warehouse has no book" {
		t.Errorf("got status %v, want the hook's error", call.Status)
	}
	if call.StartTimeUnixNano < order.EndTimeUnixNano || call.EndTimeUnixNano < call.StartTimeUnixNano {
		t.Errorf("got a span from %d to %d, want it after the invocation's, which ended at %d",
			call.StartTimeUnixNano, call.EndTimeUnixNano, order.EndTimeUnixNano)
	}
}
