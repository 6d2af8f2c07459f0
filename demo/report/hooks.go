package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/record"
)

// A hookState is what is known of hooks in the last invocation. Each hook is known
// by name from the library's record at level DEBUG; without those there is one
// span for all of an invocation.
type hookState struct {
	request   string        // of the invocation
	responded bool          // hooks may run
	reported  bool          // the library has reported the hooks, or the extension that they are lost
	since     time.Duration // the response, or the end of the last hook after it
	ended     time.Duration // when the process ended; 0 while it runs
}

// shortest is how long a hook takes for which the library measured nothing: less
// than the microsecond to which it rounds.
const shortest = time.Microsecond / 2

const (
	noteAbandoned = "abandoned"
	noteUnstarted = "never started" // abandoned or lost
	noteLost      = "lost"
)

// libraryRecord reads a record of the library.
func (t *tracker) libraryRecord(m *recording.Moment) {
	if !strings.Contains(m.Text, "postinvoke: ") {
		return
	}
	fields := recording.Fields(m.Text)
	h := hookRecord{m, fields, cmp.Or(fields[record.RequestID], m.RequestID), fields[record.Hook]}
	switch recording.Message(fields) {
	case record.Ready:
		if init := t.open(function, starting); init != nil && fields[record.Layer] == "true" {
			t.extension = true
			t.begin(extension, starting, "init", init.from, "The extension starts, before the function, and registers.")
		}
	case record.HookFinished:
		t.debug = true
		t.hookFinished(h)
	case record.HookAbandoned:
		t.hookAbandoned(h)
	case record.HookFailed:
		t.hookFailed(h)
	case record.Hooks:
		t.hooksReported(h)
	}
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
	took := time.Duration(recording.Number(h.fields, field) * float64(time.Millisecond))
	return max(min(took, h.Since), shortest)
}

// lastSpan returns the last span of the hook that the record is about, or nil.
func (t *tracker) lastSpan(h hookRecord) *span {
	return t.last(func(s *span) bool { return s.Lane == hooks && s.hook == h.hook && s.request == h.request })
}

// addHook adds a hook that ran for so long, until now. A mark is for something
// that took no time.
func (t *tracker) addHook(k kind, hook, request string, took, at time.Duration, detail string) *span {
	name, place := recording.ShortHook(hook)
	return t.add(&span{Lane: hooks, Kind: k, Name: name, place: place, hook: hook, request: request,
		from: at - took, to: at, Detail: detail})
}

func (t *tracker) hookFinished(h hookRecord) {
	if s := t.lastSpan(h); s != nil && s.Note == noteAbandoned {
		return // its span is there
	}
	took := h.took(record.HookMs)
	detail := fmt.Sprintf("The hook %s runs for %s.", h.hook, recording.Length(took))
	t.addHook(hooking, h.hook, h.request, took, h.Since, detail)
	t.hooks.since = h.Since
}

func (t *tracker) hookAbandoned(h hookRecord) {
	k, took, note := hooking, h.took(record.HookMs), noteAbandoned
	if h.fields[record.Started] == "false" {
		k, took, note = event, 0, noteUnstarted
	}
	s := t.addHook(k, h.hook, h.request, took, h.Since,
		fmt.Sprintf("The hook %s was abandoned: %s.", h.hook, h.fields[record.Reason]))
	s.Note, s.Failed = note, true
}

func (t *tracker) hookFailed(h hookRecord) {
	why := h.fields[record.Error]
	if panicked := h.fields[record.Panic]; panicked != "" {
		why = "panic: " + panicked
	}
	s := t.lastSpan(h)
	if s == nil || s.Kind == event {
		s = t.addHook(event, h.hook, h.request, 0, h.Since, fmt.Sprintf("The hook %s ends.", h.hook))
	}
	s.Failed = true
	s.Note = cmp.Or(s.Note, "failed")
	s.Detail += " It failed: " + why + "."
}

// hooksReported reads the record about all hooks of an invocation. If no hook has
// a span, they get one together.
func (t *tracker) hooksReported(h hookRecord) {
	all := recording.HooksIn(h.Entry)
	if all == nil {
		return
	}
	t.hooks.reported = true
	own := func(s *span) bool { return s.Lane == hooks && s.Kind == hooking && s.request == h.request }
	if all.Ms == nil || t.last(own) != nil {
		return
	}
	took := h.took(record.HooksMs)
	detail := "Together they take " + recording.Length(took) + ". At the log level DEBUG each is logged separately."
	t.add(&span{Lane: hooks, Kind: hooking, Name: count(all.Count, "hook"), request: h.request,
		from: h.Since - took, to: h.Since, Detail: detail})
}

// extensionRecord reads a record of the extension.
func (t *tracker) extensionRecord(m *recording.Moment) {
	t.extension = true
	if l := recording.LostIn(m.Entry); l != nil {
		t.hooksLost(m, l)
	}
	if recording.EnvironmentEnded(m.Entry) && t.open(extension, ending) == nil { // a reset, and no shutdown
		t.add(&span{Lane: extension, Kind: ending, Name: "shutdown", to: m.Since,
			from: cmp.Or(t.hooks.ended, m.Since-shortest), Detail: extensionEnds})
	}
}

// hooksLost adds what the extension has logged to be lost.
func (t *tracker) hooksLost(m *recording.Moment, l *recording.Lost) {
	t.hooks.ended = cmp.Or(t.hooks.ended, m.Since) // on AWS the log does not show when it did
	what := "shutdown function"
	if l.RequestID != "" {
		what = "hook"
		t.hooks.reported = true
	}
	for i, s := range t.markLost(l.Running, l.Ran, what, noteLost, "ran when the process ended, and is lost") {
		if i < len(l.Ran) && t.hooks.responded && t.debug && what == "hook" {
			s.Kind, s.from = hooking, min(t.hooks.since, s.to-shortest)
		}
	}
	t.markLost(l.NotStarted, l.Waited, what, noteUnstarted, "had not started when the process ended, and is lost")
}

// markLost marks the end of the process for n hooks, of which the names are known
// or not.
func (t *tracker) markLost(n int, names []string, what, note, detail string) []*span {
	const most = 3 // marks; one is for all others
	var marks []*span
	for _, name := range names[:min(len(names), n, most)] {
		marks = append(marks, t.addHook(event, name, t.hooks.request, 0, t.hooks.ended,
			fmt.Sprintf("The %s %s %s.", what, name, detail)))
	}
	if more := n - len(marks); more > 0 {
		marks = append(marks, t.addHook(event, count(more, what), t.hooks.request, 0, t.hooks.ended,
			fmt.Sprintf("%s, each of which %s.", count(more, what), detail)))
	}
	for _, s := range marks {
		s.Note, s.Failed = note, true
	}
	return marks
}

// hooksUnknown adds that no record accounts for the hooks.
func (t *tracker) hooksUnknown(why string) {
	s := t.add(&span{Lane: hooks, Kind: unknown, Name: "hooks unknown", request: t.hooks.request,
		from: t.hooks.ended - shortest, to: t.hooks.ended,
		Detail: "The process ended before it had reported its hooks: " + why + "."})
	if t.hooks.responded {
		s.from = min(t.hooks.since, s.from)
	}
}
