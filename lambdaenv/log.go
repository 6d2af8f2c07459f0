package lambdaenv

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"example.com/postinvoke/internal/lambdalog"
)

// An eventLog collects the entries of an environment in order, and passes them on to
// Config.Observe and to the subscribers of the Telemetry API.
type eventLog struct {
	cfg *Config

	mu        sync.Mutex
	entries   []Entry
	requestID string // of the invocation in progress; empty for none, and on a managed instance
	telemetry telemetry
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
	if e.Kind == Line && e.Source != Platform {
		l.telemetry.publish(string(e.Source), string(e.Source), e.Time, l.telemetryRecord(e))
		stored := lambdalog.Settings{JSON: l.cfg.LogFormat == JSON, Level: l.cfg.ApplicationLogLevel}
		if !stored.Keeps(e.Text) {
			return
		}
	}
	if !l.cfg.Forget {
		l.entries = append(l.entries, e)
	}
	if l.cfg.Observe != nil {
		l.cfg.Observe(e)
	}
}

// telemetryRecord is a line as subscribers of the Telemetry API have it: in the
// JSON format an object, with what Lambda adds to a line that is none. They get
// lines of all levels: AWS documents a filter for CloudWatch only.
func (l *eventLog) telemetryRecord(e Entry) any {
	if l.cfg.LogFormat != JSON {
		return e.Text
	}
	text, _ := lambdalog.Settings{JSON: true, Level: "TRACE"}.Event(e.Text, e.Time, e.RequestID)
	return json.RawMessage(text)
}

// event logs something about the environment that Lambda does not log.
func (l *eventLog) event(kind Kind, text string) {
	l.add(Entry{Source: Platform, Kind: kind, Text: text})
}

// text logs a line of the platform if the format is Text.
func (l *eventLog) text(requestID, format string, args ...any) {
	if l.cfg.LogFormat == Text {
		l.add(Entry{Source: Platform, Kind: Line, RequestID: requestID, Text: fmt.Sprintf(format, args...)})
	}
}

// record publishes a record of the platform. In the JSON format it logs the record,
// if its level is not filtered; in the text format the lines about it. "The
// Telemetry API always emits platform events such as START and REPORT in JSON
// format", regardless of the format of the log.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func (l *eventLog) record(kind string, r platformRecord) {
	if r.Status == statusTimeout {
		r.ErrorType = "" // a timeout has none
	}
	now := time.Now()
	l.with(func() { l.telemetry.publish("platform", "platform."+kind, now, r) })
	level := r.level(kind, l.cfg.managed())
	switch {
	case l.cfg.LogFormat == Text:
		for _, line := range r.lines(kind) {
			l.text(r.RequestID, "%s", line)
		}
	case slices.Index(systemLevels, level) >= slices.Index(systemLevels, l.cfg.SystemLogLevel):
		text := string(telemetryJSON("platform."+kind, now, r))
		l.add(Entry{Source: Platform, Kind: Line, RequestID: r.RequestID, Text: text})
	}
}

// with calls f while nothing is logged.
func (l *eventLog) with(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}
