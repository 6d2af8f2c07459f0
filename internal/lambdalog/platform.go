package lambdalog

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A PlatformRecord is one that Lambda itself writes into the log in the JSON
// format, as far as it is used in this module.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
type PlatformRecord struct {
	Kind      string `json:"-"` // initStart, start, report …
	RequestID string
	Status    string // success, error, failure or timeout
	Metrics   struct {
		DurationMs, BilledDurationMs, InitDurationMs float64
		MaxMemoryUsedMB                              int
	}
	Spans []Span
}

// A Span is a part of an invocation.
type Span struct {
	Name       string
	Start      time.Time
	DurationMs float64
}

// Platform returns the record in a line of the log, or nil if it is none of the
// platform.
func Platform(line string) *PlatformRecord {
	if !strings.HasPrefix(line, "{") || !strings.Contains(line, `"platform.`) { // to parse it takes a moment
		return nil
	}
	var event struct {
		Type   string
		Record *PlatformRecord
	}
	if json.Unmarshal([]byte(line), &event) != nil || event.Record == nil {
		return nil
	}
	kind, ok := strings.CutPrefix(event.Type, "platform.")
	if !ok {
		return nil
	}
	event.Record.Kind = kind
	return event.Record
}

// AfterRuntime returns the span from when the runtime requested the next event
// until all extensions had, or nil if the record has none.
func (r *PlatformRecord) AfterRuntime() *Span {
	i := slices.IndexFunc(r.Spans, func(s Span) bool { return s.Name == "extensionOverhead" })
	if i < 0 {
		return nil
	}
	return &r.Spans[i]
}

// Milliseconds is a number of them as a duration.
func Milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

var stamps = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// Shift returns a line as it would be if all times in it were so much later.
func Shift(line string, by time.Duration) string {
	return stamps.ReplaceAllStringFunc(line, func(stamp string) string {
		t, err := time.Parse(time.RFC3339, stamp)
		if err != nil {
			return stamp
		}
		return t.Add(by).Format(milliseconds)
	})
}
