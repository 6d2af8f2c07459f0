package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/record"
)

// A hookState is what is known of hooks in the invocation in progress. Each hook
// is known by name from the library's record at level DEBUG; without those there
// is one span for all of an invocation.
type hookState struct {
	request     string          // of the invocation; empty if there is none
	running     bool            // hooks may run: there was a response
	reported    bool            // the library has reported the hooks, or the extension that they are lost
	since       time.Duration   // the response, or the end of the last hook after it
	seen        bool            // a hook that ran has its span
	unstarted   int             // hooks that never started
	beforeError bool            // the handler panicked, and its hooks ran before the error was reported
	ended       *unexpectedExit // nil while the process runs
}

// shortest is how long a hook takes for which the library measured nothing: less
// than the microsecond to which it rounds.
const shortest = time.Microsecond / 2

const (
	noteAbandoned = "abandoned"
	noteUnstarted = "never started" // abandoned or lost
)

// libraryRecord reads a record of the library.
func (t *tracker) libraryRecord(m *recording.Moment) {
	if !strings.Contains(m.Text, "postinvoke: ") {
		return
	}
	fields := recording.Fields(m.Text)
	h := hookRecord{m, fields, cmp.Or(fields[record.RequestID], m.RequestID), fields[record.Hook]}
	message := recording.Message(fields)
	switch message {
	case record.HookFinished:
		t.debug = true
		t.hookFinished(h)
	case record.HookAbandoned:
		t.hookAbandoned(h)
	case record.HookLate:
		t.hookReturned(h)
	case record.HookFailed:
		t.hookFailed(h)
	case record.Hooks:
		t.hooksReported(m)
	case record.ShutdownHooks:
		if t.open(function, ending) == nil { // on AWS the log does not show the signal
			took := h.took(record.HooksMs)
			t.add(&span{Lane: function, Kind: ending, Name: "shutdown", from: m.Since - took, to: m.Since,
				Detail: fmt.Sprintf("The function runs its shutdown functions: %s.", length(took))})
		}
	}
	t.env.library = t.env.library || strings.HasPrefix(message, "postinvoke: ")
}

// A hookRecord is a record about a hook.
type hookRecord struct {
	*recording.Moment
	fields        map[string]string
	request, hook string
}

// took is how long something took that has ended now: at most since the
// recording began.
func (h hookRecord) took(field string) time.Duration {
	return min(max(0, h.Since), time.Duration(recording.Number(h.fields, field)*float64(time.Millisecond)))
}

// lastSpan returns the last span of the hook that the record is about, or nil:
// one that was abandoned and has not returned, or one without any note.
func (t *tracker) lastSpan(h hookRecord, abandonedOnly bool) *span {
	return t.last(func(s *span) bool {
		return s.Lane == hooks && s.hook == h.hook && s.request == h.request &&
			(s.Note == noteAbandoned && !s.returned || s.Note == "" && !abandonedOnly)
	})
}

// addHook adds a hook that ran for so long, until now.
func (t *tracker) addHook(h hookRecord, took time.Duration) *span {
	name, place := recording.ShortHook(h.hook)
	s := t.add(&span{Lane: hooks, Kind: hooking, Name: name, place: place, hook: h.hook, request: h.request,
		from: h.Since - max(took, shortest), to: h.Since})
	if since := t.hooks.since; t.hooks.running && s.from < since && since-s.from < time.Millisecond {
		s.from = min(since, s.to-shortest) // the clocks of two processes differ
	}
	t.hooks.seen = true
	return s
}

// markHook adds something that happened to a hook, and took no time.
func (t *tracker) markHook(at time.Duration, request, hook, note, detail string) *span {
	name, place := recording.ShortHook(hook)
	return t.add(&span{Lane: hooks, Kind: event, Name: name, place: place, Note: note, hook: hook, request: request,
		from: at, to: at, Failed: true, Detail: detail})
}

func (t *tracker) hookFinished(h hookRecord) {
	if t.lastSpan(h, true) != nil {
		return // its span is there
	}
	took := h.took(record.HookMs)
	s := t.addHook(h, took)
	s.Detail = fmt.Sprintf("The hook %s runs for %s.", h.hook, length(max(took, shortest)))
	if t.hooks.running && s.from >= t.hooks.since {
		s.Detail = strings.TrimSuffix(s.Detail, ".") + ", after the response."
	}
	t.hooks.since = h.Since
}

func (t *tracker) hookAbandoned(h hookRecord) {
	detail := fmt.Sprintf("The hook %s was abandoned: %s.", h.hook, h.fields[record.Reason])
	switch {
	case h.fields[record.Started] == "false":
		t.markHook(h.Since, h.request, h.hook, noteUnstarted, detail)
		t.hooks.unstarted++
	case h.fields[record.HookMs] != "":
		s := t.addHook(h, h.took(record.HookMs))
		s.Note, s.Failed, s.Detail = noteAbandoned, true, detail
	default: // the record does not say when it began
		t.markHook(h.Since, h.request, h.hook, noteAbandoned, detail)
	}
}

// hookReturned adds that an abandoned hook has returned after all.
func (t *tracker) hookReturned(h hookRecord) {
	after := length(h.took(record.LateMs))
	if s := t.lastSpan(h, true); s != nil {
		s.returned = true
		s.Detail += fmt.Sprintf(" It returned %s later.", after)
	}
	t.markHook(h.Since, h.request, h.hook, "returned",
		fmt.Sprintf("The hook %s, which was abandoned, returned %s later.", h.hook, after)).Failed = false
}

func (t *tracker) hookFailed(h hookRecord) {
	why := h.fields[record.Error]
	if panicked := h.fields[record.Panic]; panicked != "" {
		why = "panic: " + panicked
	}
	s := t.lastSpan(h, false)
	if s == nil {
		s = t.markHook(h.Since, h.request, h.hook, "", fmt.Sprintf("The hook %s ends.", h.hook))
	}
	s.Failed = true
	s.Note = cmp.Or(s.Note, "failed")
	s.Detail += " It failed: " + why + "."
}

// hooksReported reads the record about all hooks of an invocation.
func (t *tracker) hooksReported(m *recording.Moment) {
	all := recording.HooksIn(m.Entry)
	if all == nil {
		return
	}
	request := cmp.Or(all.RequestID, m.RequestID)
	if !t.hooks.seen && all.Count > t.hooks.unstarted && !all.Unmeasured {
		t.addAllHooks(m, all, request)
	}
	t.hooks.beforeError = all.BeforeError
	for _, s := range t.spans {
		if all.BeforeError && s.Lane == hooks && s.request == request {
			s.Detail += " The handler had panicked: the error is reported after the hooks."
		}
	}
	t.hooks.running, t.hooks.reported = false, true
}

// addAllHooks adds the hooks of an invocation as one span.
func (t *tracker) addAllHooks(m *recording.Moment, all *recording.Hooks, request string) {
	took := min(m.Since, time.Duration(all.Ms*float64(time.Millisecond)))
	s := t.add(&span{Lane: hooks, Kind: hooking, Name: count(all.Count, "hook"), request: request,
		from: m.Since - max(took, shortest), to: m.Since})
	if t.hooks.running {
		s.from = max(s.from, min(t.hooks.since, s.to-shortest))
	}
	when := ""
	if all.AfterResponse {
		when = "After the response: "
	}
	s.Detail = fmt.Sprintf("%s%s, for %s together. At the log level DEBUG each is logged separately.",
		when, s.Name, length(took))
}
