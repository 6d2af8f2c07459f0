package lambdaenv

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"example.com/postinvoke/internal/lambdalog"
)

// An eventLog collects the entries of an environment in order, or only passes
// them on.
type eventLog struct {
	observe func(Entry)
	forget  bool // keep no entries
	stored  lambdalog.Settings

	mu        sync.Mutex
	entries   []Entry
	requestID string     // of the invocation in progress, empty for none
	telemetry *telemetry // of the sandbox, nil before the first
	order     logOrder   // checked in tests
}

// add logs e now. Unless e has a request id, it belongs to the invocation in
// progress. A line of a process that Lambda would not store is dropped.
func (l *eventLog) add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Time = time.Now()
	if e.RequestID == "" {
		e.RequestID = l.requestID
	}
	l.order.check("entry ", string(e.Kind), e.RequestID)
	if e.Kind == Line && e.Source != Platform {
		l.telemetry.publish(string(e.Source), string(e.Source), e.Time, l.telemetryRecord(e))
		if !l.stored.Keeps(e.Text) {
			return
		}
	}
	if !l.forget {
		l.entries = append(l.entries, e)
	}
	if l.observe != nil {
		l.observe(e)
	}
}

// telemetryRecord is a line as subscribers of the Telemetry API have it: in the
// JSON format an object, with what Lambda adds to a line that is none. They get
// lines of all levels: AWS documents a filter for CloudWatch only.
func (l *eventLog) telemetryRecord(e Entry) any {
	if !l.stored.JSON {
		return e.Text
	}
	text, _ := lambdalog.Settings{JSON: true, Level: "TRACE"}.Event(e.Text, e.Time, e.RequestID)
	return json.RawMessage(text)
}

// setTelemetry sets who else gets what is logged.
func (l *eventLog) setTelemetry(t *telemetry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.telemetry = t
}

// setRequest sets the invocation in progress; empty for none.
func (l *eventLog) setRequest(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requestID = id
}

func (l *eventLog) snapshot() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}
