package awsrun

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// A follower reads a log group, again and again.
//
// It uses FilterLogEvents, which reads all streams of a group with a single
// permission for that group. GetLogEvents needs a second one to find the
// streams, which are made while we look; StartLiveTail costs by the minute,
// drops lines when there are many, and has nothing of what came before it.
type follower struct {
	account *account
	group   string
	since   time.Time

	seen    map[string]bool // ids of events, or what stands for them
	lines   []*line         // all of them, as they came
	streams []string        // to which reading is limited, if any
}

func newFollower(a *account, t target) *follower {
	const before = 10 * time.Minute // for an environment that was made ready early
	return &follower{account: a, group: t.group, since: time.Now().Add(a.skew - before), seen: map[string]bool{}}
}

// look reads what is new. Events can become visible late and in any order, so
// all of the run is read each time; that is a page or two.
func (f *follower) look(ctx context.Context) error {
	in := &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName:   &f.group,
		StartTime:      aws.Int64(f.since.UnixMilli()),
		LogStreamNames: f.streams,
	}
	unnamed := map[string]int{} // how many events of this look are alike
	// A page may be empty though another follows; it ends when no token comes.
	for pages := cloudwatchlogs.NewFilterLogEventsPaginator(f.account.logs, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return f.account.explain(err, request{"logs:FilterLogEvents", "log group " + f.group})
		}
		for _, e := range page.Events {
			stream, message, id := aws.ToString(e.LogStreamName), aws.ToString(e.Message), aws.ToString(e.EventId)
			key := id
			if id == "" { // AWS gives each event one; emulators may not
				key = fmt.Sprintf("%s %d %s", stream, aws.ToInt64(e.Timestamp), message)
				unnamed[key]++
				key = fmt.Sprintf("%s, the %dth", key, unnamed[key])
			}
			if !f.seen[key] {
				f.seen[key] = true
				f.lines = append(f.lines, newLine(id, stream, time.UnixMilli(aws.ToInt64(e.Timestamp)), message))
			}
		}
	}
	return nil
}

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
	// Lambda itself calls the field AWSRequestId in some runtimes.
	l.requestID = cmp.Or(l.fields[record.RequestID], l.fields["AWSRequestId"])
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
	case l.platform.Kind == "report":
		return 4
	case l.message == record.Environment && strings.EqualFold(l.fields[record.Reason], "spindown"):
		return 5
	case l.message == record.Hooks, l.message == record.ShutdownHooks,
		l.message == record.Environment: // of a reset, which is part of the invocation
		return 3
	}
	return 2
}

// compare orders lines by when they were printed. Of two in the same millisecond
// that are alike only the ids are left, which grow within a batch that Lambda
// sent, though that is not documented.
func (l *line) compare(other *line) int {
	return cmp.Or(l.time.Compare(other.time), cmp.Compare(l.rank(), other.rank()), cmp.Compare(l.id, other.id))
}

// is reports whether the text was printed, as a line or in a record.
func (l *line) is(text string) bool { return l.text == text || l.message == text }

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
