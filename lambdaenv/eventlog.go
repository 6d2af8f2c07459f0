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
	request   string
	telemetry *telemetry // of the instance, nil before the first
}

// add logs e now. Unless e says so itself, it belongs to the invocation in
// progress. A line of a process that Lambda would not store is dropped.
func (l *eventLog) add(e Entry) {
	printed := e.Kind == Line && e.Source != Platform
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Time = time.Now()
	if e.RequestID == "" {
		e.RequestID = l.request
	}
	if printed {
		l.telemetry.publish(string(e.Source), string(e.Source), e.Time, l.telemetryRecord(e))
	}
	if printed && !l.stored.Keeps(e.Text) {
		return
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
// lines of all levels: AWS speaks of a filter for CloudWatch only.
func (l *eventLog) telemetryRecord(e Entry) any {
	all := lambdalog.Settings{JSON: l.stored.JSON, Level: "TRACE"}
	text, _ := all.Event(e.Text, e.Time, e.RequestID)
	if l.stored.JSON {
		return json.RawMessage(text)
	}
	return text
}

// setTelemetry says who else gets what is logged.
func (l *eventLog) setTelemetry(t *telemetry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.telemetry = t
}

// setRequest says which invocation is in progress; empty for none.
func (l *eventLog) setRequest(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.request = id
}

func (l *eventLog) snapshot() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}
