package lambdaenv

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
)

// A subscriber whose buffer is full at the end gets what is in it before SHUTDOWN, like
// one that has room for the mark.
func TestFlushOfAFullBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent, flushed := 0, false
		s := &subscriber{limits: buffering{MaxItems: 1000, MaxBytes: 1000, TimeoutMs: 1000},
			events: make(chan telemetryEvent, 1), send: func(_ context.Context, events []json.RawMessage) error {
				sent += len(events)
				return nil
			}}
		s.events <- telemetryEvent{json: []byte("{}")}
		go func() {
			l := &eventLog{telemetry: telemetry{subscribers: []*subscriber{s}}}
			l.flushTelemetry(t.Context())
			flushed = true
		}()
		synctest.Wait()
		if flushed {
			t.Fatal("the flush has ended, and nothing was sent")
		}
		go s.run(t.Context())
		synctest.Wait()
		if sent != 1 || !flushed {
			t.Errorf("got %d events sent, flushed %t, want 1 and true", sent, flushed)
		}
	})
}
