// Command batchevents collects events in memory, and sends them together: after
// the response when there are ten or the first is 30 seconds old, and at the
// shutdown. Most invocations have no hook then.
//
// Nothing runs in a frozen environment: events wait for the next invocation or
// for the shutdown, minutes later, which gives 400 ms to all functions together.
// They are lost if the process is killed, or if sending fails at the shutdown.
// Events that must not be lost belong into a queue, before the response.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"example.com/postinvoke/postinvoke"
)

const batchSize, batchAge = 10, 30 * time.Second

func main() {
	b := &batch{}
	postinvoke.ShutdownContext(b.flush)
	postinvoke.Start(func(ctx context.Context, event json.RawMessage) (string, error) {
		if b.add(time.Now(), event) {
			postinvoke.RunContext(ctx, b.flush, postinvoke.Name("send events"), postinvoke.Timeout(2*time.Second))
		}
		return "noted", nil
	}, nil)
}

type batch struct {
	mu     sync.Mutex
	events []json.RawMessage
	first  time.Time // when the first was added
}

// add reports whether it is time to flush.
func (b *batch) add(now time.Time, events ...json.RawMessage) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now = now.Round(0) // without the monotonic clock, which may stand still while frozen
	if len(b.events) == 0 {
		b.first = now
	}
	b.events = append(b.events, events...)
	return len(b.events) >= batchSize || now.Sub(b.first) >= batchAge
}

// flush sends all events. If that fails they wait for the next flush.
func (b *batch) flush(ctx context.Context) error {
	b.mu.Lock()
	events, first := b.events, b.first
	b.events = nil
	b.mu.Unlock()
	if len(events) == 0 {
		return nil
	}
	err := send(ctx, events)
	if err != nil {
		b.add(first, events...) // a limit belongs here if the receiver may be down for long
	}
	return err
}

func send(ctx context.Context, events []json.RawMessage) error {
	body, err := json.Marshal(events)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, os.Getenv("EVENTS_URL"), bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("send %d events: %s", len(events), response.Status)
	}
	return nil
}
