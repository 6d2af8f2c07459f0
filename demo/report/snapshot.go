package report

import (
	"html/template"
	"slices"
	"time"

	"example.com/postinvoke/demo/recording"
)

// A Snapshot is a recording that goes on, at one time.
type Snapshot struct {
	Chart  template.HTML `json:"chart"` // empty if nothing has happened
	Table  template.HTML `json:"table"` // the same, for those who cannot see it
	State  string        `json:"state"` // a sentence about what goes on
	Moving bool          `json:"-"`     // something goes on: later it looks different
	Ending bool          `json:"-"`     // the environment is being shut down
}

// Now returns what is to be seen at the time now since the recording began,
// with so many of the last invocations.
func Now(r *recording.Recording, now time.Duration, invocations int) Snapshot {
	spans := lastOf(timeline(r, now), invocations)
	s := Snapshot{State: stateOf(spans)}
	if len(spans) == 0 {
		return s
	}
	d := draw("plot", spans, r.Elapsed)
	s.Chart, s.Table = render("chart", d), render("table", d)
	for _, span := range spans {
		s.Moving = s.Moving || span.open
		s.Ending = s.Ending || span.open && span.kind == ending
	}
	return s
}

// lastOf leaves out what was over before the last n invocations began.
func lastOf(spans []*span, n int) []*span {
	var calls []time.Duration
	for _, s := range spans {
		if s.kind == waiting {
			calls = append(calls, s.from)
		}
	}
	if len(calls) <= n {
		return spans
	}
	from := calls[len(calls)-n]
	return slices.DeleteFunc(spans, func(s *span) bool {
		return s.to < from || s.kind == frozen && s.to <= from+time.Second/2 && s.from < from
	})
}

// stateOf says what goes on now.
func stateOf(spans []*span) string {
	words := map[kind]string{}
	for _, s := range spans {
		if s.open {
			words[s.kind] = length(s.length())
		}
	}
	for _, state := range []struct {
		kind  kind
		words string
	}{
		{ending, "The environment is being shut down."},
		{starting, "A new environment starts: a cold start."},
		{handling, "The handler runs, and the caller waits."},
		{waiting, "The caller waits: the environment is busy with the hooks of the invocation before."},
		{hooking, "The caller has its response, and hooks run."},
		{serving, "The invocation ends."},
		{frozen, "The environment is frozen."},
	} {
		if words[state.kind] != "" {
			return state.words
		}
	}
	return "There is no environment: the next invocation starts one."
}
