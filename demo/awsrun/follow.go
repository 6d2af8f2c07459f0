package awsrun

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// before is how long before the first invocation the log is read from, for an
// environment that was made ready early.
const before = 10 * time.Minute

// A follower reads a log group, again and again.
//
// It uses FilterLogEvents, which reads all streams of a group with a single
// permission for that group. GetLogEvents needs a second one to find the
// streams, which are made while we look; StartLiveTail costs by the minute,
// drops lines when there are many, and knows nothing of what came before it.
type follower struct {
	account *account
	group   string
	since   time.Time

	seen    map[string]bool // ids of events, or what stands for them
	lines   []*line         // all of them, as they came
	streams []string        // to which reading is limited, if any
}

func newFollower(a *account, t target) *follower {
	return &follower{account: a, group: t.group, since: time.Now().Add(a.skew - before), seen: map[string]bool{}}
}

// limit has only the streams be read from now on. Others may use the function,
// too.
func (f *follower) limit(streams []string) { f.streams = streams }

// look reads what is new. Events can
// become visible late and in any order, so all of the run is read each time;
// that is a page or two.
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
			return f.account.explain(err, request{action: "logs:FilterLogEvents", group: f.group})
		}
		for _, e := range page.Events {
			stream, message := aws.ToString(e.LogStreamName), aws.ToString(e.Message)
			id := aws.ToString(e.EventId)
			key := id
			if id == "" { // AWS gives each event one; emulators may not
				key = fmt.Sprintf("%s %d %s", stream, aws.ToInt64(e.Timestamp), message)
				unnamed[key]++
				key = fmt.Sprintf("%s, the %dth", key, unnamed[key])
			}
			if f.seen[key] {
				continue
			}
			f.seen[key] = true
			f.lines = append(f.lines, newLine(id, stream, time.UnixMilli(aws.ToInt64(e.Timestamp)), message))
		}
	}
	return nil
}
