package awsrun

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// A line is an event of a log group.
type line struct {
	id     string
	stream string // one for each environment
	time   time.Time
	source lambdaenv.Source
	text   string

	kind      string // of a platform's record: start, report …
	message   string // of a record of ours
	requestID string // if it says so
	told      bool   // the recorder knows it
	platform  platformRecord
	fields    map[string]any // of a record of ours
}

// platformRecord is what the records of the platform have that is used here.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
type platformRecord struct {
	RequestID string `json:"requestId"`
	Status    string `json:"status"`
	Metrics   struct {
		DurationMs       float64 `json:"durationMs"`
		BilledDurationMs float64 `json:"billedDurationMs"`
		InitDurationMs   float64 `json:"initDurationMs"`
		MaxMemoryUsedMB  int     `json:"maxMemoryUsedMB"`
	} `json:"metrics"`
	Spans []struct {
		Name       string    `json:"name"`
		Start      time.Time `json:"start"`
		DurationMs float64   `json:"durationMs"`
	} `json:"spans"`
}

// newLine tells from the message who printed it, and what it is.
func newLine(id, stream string, at time.Time, message string) *line {
	l := &line{id: id, stream: stream, time: at, source: lambdaenv.Function}
	l.text, l.requestID = lambdalog.Unwrap(strings.TrimRight(message, "\r\n"))
	if !strings.HasPrefix(l.text, "{") {
		return l
	}
	var platform struct {
		Type   string          `json:"type"`
		Record json.RawMessage `json:"record"`
	}
	if json.Unmarshal([]byte(l.text), &platform) == nil && json.Unmarshal(platform.Record, &l.platform) == nil {
		if kind, ok := strings.CutPrefix(platform.Type, "platform."); ok {
			l.source, l.kind, l.requestID = lambdaenv.Platform, kind, l.platform.RequestID
			l.text = recording.Compact(l.text)
			return l
		}
	}
	if json.Unmarshal([]byte(l.text), &l.fields) != nil {
		return l
	}
	// Lambda itself calls the field AWSRequestId in some runtimes.
	ours, _ := l.fields[record.RequestID].(string)
	lambdas, _ := l.fields["AWSRequestId"].(string)
	l.requestID = cmp.Or(ours, lambdas)
	l.message, _ = l.fields["message"].(string)
	switch l.message {
	case record.Environment, record.HooksLost, record.ExtensionProblem:
		l.source = lambdaenv.Extension
	}
	return l
}

// rank is the place of a line among those of the same millisecond, which is
// the resolution of the log: what it is tells when it was printed.
func (l *line) rank() int {
	switch {
	case l.kind == "initStart":
		return 0
	case l.kind == "start":
		return 1
	case l.message == record.Hooks, l.message == record.ShutdownHooks:
		return 3
	case l.kind == "report":
		return 4
	case l.message == record.Environment && strings.EqualFold(l.reason(), "spindown"):
		return 5
	case l.message == record.Environment: // of a reset, which is part of the invocation
		return 3
	}
	return 2
}

// compare orders lines by when they were printed. Of two in the same millisecond
// that are alike only the ids are left, which grow within a batch that Lambda
// sent, though no document says so.
func (l *line) compare(other *line) int {
	return cmp.Or(l.time.Compare(other.time), cmp.Compare(l.rank(), other.rank()), cmp.Compare(l.id, other.id))
}

// says reports whether that was printed.
func (l *line) says(text string) bool { return l.text == text || l.message == text }

// number returns a numeric field of a record of ours, or zero.
func (l *line) number(field string) float64 {
	n, _ := l.fields[field].(float64)
	return n
}

// reason returns the reason that a record of ours gives.
func (l *line) reason() string {
	s, _ := l.fields[record.Reason].(string)
	return s
}

// entry is the line as the local environment would have told it.
func (l *line) entry(requestID string) lambdaenv.Entry {
	e := lambdaenv.Entry{Time: l.time, Source: l.source, Kind: lambdaenv.Line, RequestID: cmp.Or(l.requestID, requestID), Text: l.text}
	if l.source == lambdaenv.Extension {
		e.Name = extensionName
	}
	return e
}

// extensionName is the name under which the layer's extension registers.
const extensionName = "postinvoke"

// millis is a number of milliseconds as a duration.
func millis(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
