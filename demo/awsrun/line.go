package awsrun

import (
	"cmp"
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

	platform  lambdalog.PlatformRecord // has a Kind if it is one
	fields    map[string]string        // of a JSON record of a process
	message   string                   // of such a record
	requestID string                   // if the line has one
	recorded  bool
}

// newLine finds out from the message what a line is, and which process printed
// it.
func newLine(id, stream string, at time.Time, message string) *line {
	l := &line{id: id, stream: stream, time: at, source: lambdaenv.Function}
	l.text, l.requestID = lambdalog.Unwrap(strings.TrimRight(message, "\r\n"))
	if p := lambdalog.Platform(l.text); p != nil {
		l.source, l.platform, l.requestID = lambdaenv.Platform, *p, p.RequestID
		l.text = recording.Compact(l.text)
		return l
	}
	if !strings.HasPrefix(l.text, "{") {
		return l
	}
	l.fields = recording.Fields(l.text)
	l.message = recording.Message(l.fields)
	l.requestID = l.fields[record.RequestID]
	switch l.message {
	case record.Environment, record.HooksLost, record.ExtensionProblem:
		l.source = lambdaenv.Extension
	}
	return l
}

// rank is the place of a line among those of the same millisecond, which is the
// resolution of the log: from what it is follows when it was printed.
func (l *line) rank() int {
	switch {
	case l.platform.Kind == "initStart":
		return 0
	case l.platform.Kind == "start":
		return 1
	case l.message == record.Hooks, l.message == record.ShutdownHooks:
		return 3
	case l.message == record.Environment:
		return 4
	case l.platform.Kind == "report": // of an invocation that a crash ended
		return 5
	}
	return 2
}

// compare orders lines by when they were printed. Of two in the same millisecond
// that are alike only the ids are left, which grow within a batch that Lambda
// sent, though that is not documented.
func (l *line) compare(other *line) int {
	return cmp.Or(l.time.Compare(other.time), cmp.Compare(l.rank(), other.rank()), cmp.Compare(l.id, other.id))
}

// number returns a numeric field of a record, or zero.
func (l *line) number(field string) float64 { return recording.Number(l.fields, field) }

// milliseconds returns a field of a record that is a number of them.
func (l *line) milliseconds(field string) time.Duration {
	return lambdalog.Milliseconds(l.number(field))
}

// entry is the line as the local environment would have logged it.
func (l *line) entry(requestID string) lambdaenv.Entry {
	e := lambdaenv.Entry{
		Time: l.time, Source: l.source, Kind: lambdaenv.Line, RequestID: cmp.Or(l.requestID, requestID), Text: l.text,
	}
	if l.source == lambdaenv.Extension {
		e.Name = recording.OwnExtension
	}
	return e
}
