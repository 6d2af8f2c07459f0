package recipes_test

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"example.com/postinvoke/record"
)

func TestSpansReachTheCollectorAfterTheResponse(t *testing.T) {
	server := newGatedServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-protobuf") // an empty answer: all spans were accepted
	})
	env := start(t, "flushtraces", "OTEL_EXPORTER_OTLP_ENDPOINT="+server.URL,
		"OTEL_BSP_SCHEDULE_DELAY=3600000") // an hour: what arrives was flushed

	response := env.Invoke(`{"item": "a book"}`)
	server.open()
	env.WaitIdle()
	wantResponse(t, response, `"ordered a book"`)
	exports := server.passed()
	if len(exports) != 1 {
		t.Fatalf("got %d exports, want 1", len(exports))
	}
	spans := spansIn(t, exports[0])
	var names []string
	for _, span := range spans {
		names = append(names, span.Name)
	}
	if want := []string{"order", "tell the warehouse"}; !slices.Equal(names, want) {
		t.Fatalf("got spans %q, want %q", names, want)
	}
	if !bytes.Equal(spans[0].SpanId, spans[1].ParentSpanId) {
		t.Errorf("got %x as the parent of the hook's span, want %x", spans[1].ParentSpanId, spans[0].SpanId)
	}

	env.Shutdown()
	wantRecord(t, env, record.ShutdownHooks, map[string]any{
		record.HookCount: 1.0, record.Failures: 0.0, record.Abandoned: 0.0,
	})
}

func spansIn(t *testing.T, export string) []*tracepb.Span {
	t.Helper()
	var request collector.ExportTraceServiceRequest
	if err := proto.Unmarshal([]byte(export), &request); err != nil {
		t.Fatalf("the export is not OTLP: %v", err)
	}
	var spans []*tracepb.Span
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			spans = append(spans, scope.Spans...)
		}
	}
	return spans
}
