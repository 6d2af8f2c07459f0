package report

import (
	"html/template"
	"slices"
	"time"

	"example.com/postinvoke/demo/recording"
)

// A Snapshot is a recording in progress, at one time.
type Snapshot struct {
	Chart  template.HTML `json:"chart"` // empty if nothing has happened
	State  string        `json:"state"` // a sentence about what happens now
	Ending bool          `json:"-"`     // the environment is being shut down
}

// states are sentences about what happens now, the most important first.
var states = []struct {
	kind     kind
	sentence string
}{
	{ending, "The environment is being shut down."},
	{starting, "A new environment starts: a cold start."},
	{handling, "The handler runs, and the caller waits."},
	{waiting, "The caller waits: the environment is busy with the hooks of the invocation before."},
	{hooking, "The caller has its response, and hooks run."},
	{serving, "The invocation ends."},
	{frozen, "The environment is frozen."},
}

// Now returns the last so many invocations as they are at the time now since the
// recording began.
func Now(r *recording.Recording, now time.Duration, invocations int) Snapshot {
	spans := lastOf(timeline(r, now), invocations)
	s := Snapshot{State: "There is no environment: the next invocation starts one."}
	if len(spans) == 0 {
		return s
	}
	s.Chart = part("chart", newChart(spans))
	going := map[kind]bool{}
	for _, span := range spans {
		going[span.Kind] = going[span.Kind] || span.Open
	}
	s.Ending = going[ending]
	for _, state := range slices.Backward(states) {
		if going[state.kind] {
			s.State = state.sentence
		}
	}
	return s
}

// lastOf leaves out what ended before the last n invocations began.
func lastOf(spans []*span, n int) []*span {
	var calls []time.Duration
	for _, s := range spans {
		if s.Kind == waiting {
			calls = append(calls, s.from)
		}
	}
	if len(calls) <= n {
		return spans
	}
	from := calls[len(calls)-n]
	return slices.DeleteFunc(spans, func(s *span) bool { return s.to < from })
}
