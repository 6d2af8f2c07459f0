package report

import (
	"cmp"
	"slices"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// A lane is one of those who take part.
type lane int

// The lanes, from top to bottom. Hooks run in the function, but have a lane of
// their own beneath it, in which they do not hide each other.
const (
	caller lane = iota
	platform
	function
	hooks
	goroutine // instead of hooks, without the library
	extension
	others // somebody else's extensions
	lanes  // how many there are
)

var laneNames = [lanes]string{"caller", "platform", "function", "hooks", "goroutine", "extension", "others"}

func (l lane) String() string { return laneNames[l] }

// A kind says what goes on in a span; it is also the name of its style.
type kind string

const (
	waiting  kind = "waiting"  // the caller waits
	starting kind = "init"     // the Init phase
	serving  kind = "serving"  // an invocation, as the platform counts it
	handling kind = "handler"  // the handler runs
	hooking  kind = "hook"     // a hook runs
	unknown  kind = "unknown"  // nothing tells what hooks did
	frozen   kind = "frozen"   // nothing runs
	ending   kind = "shutdown" // the environment ends
	event    kind = "event"    // something that takes no time
)

// A span is something that goes on for some time.
type span struct {
	lane     lane
	kind     kind
	name     string // what it is, in a word or two
	note     string // what was wrong with it, in a word
	from, to time.Duration
	open     bool // it had not ended when the recording ended
	failed   bool
	detail   string // sentences that explain it
	request  string
	hook     string // the hook's function and where that is, as the library says it
	place    string // its file and line
	returned bool   // it was abandoned, and has returned since

	byPlatform bool // Lambda has answered the caller, as the function could not
}

func (s *span) length() time.Duration { return s.to - s.from }

// whole is the name with what was wrong.
func (s *span) whole() string {
	if s.note == "" {
		return s.name
	}
	return s.name + ", " + s.note
}

// timeline returns what went on in a recording up to the time now, in the order
// in which it began.
func timeline(r *recording.Recording, now time.Duration) []*span {
	t := tracker{
		current: map[slot]*span{},
		hooks:   hookTracker{debug: r.ForTimeline},
		plain:   r.Plain,
		reports: map[string]*lambdaenv.Report{},
	}
	for i := range r.Invocations {
		t.reports[r.Invocations[i].Report.RequestID] = &r.Invocations[i].Report
	}
	for i := range r.Moments {
		t.follow(&r.Moments[i])
	}
	t.finish(now)
	slices.SortStableFunc(t.spans, func(a, b *span) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.lane, b.lane))
	})
	return t.spans
}

// ended returns the time of the last moment.
func ended(r *recording.Recording) time.Duration {
	if len(r.Moments) == 0 {
		return 0
	}
	return r.Moments[len(r.Moments)-1].Since
}
