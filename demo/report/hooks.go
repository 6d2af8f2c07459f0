package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/record"
)

// A hookTracker notes hooks. Each is known by name from the library's record at
// level DEBUG; without those there is one span for all of an invocation.
type hookTracker struct {
	request     string        // of the invocation in progress; empty if there is none
	over        bool          // the library has reported its hooks, or the extension that they are lost
	running     bool          // hooks may run: there was a response
	since       time.Duration // the response, or the end of the last hook after it
	told        bool          // of a hook of this invocation that ran
	unstarted   int           // hooks of this invocation that never started
	beforeError bool          // the handler panicked, and its hooks ran before the error was reported
	ended       *processEnd   // nil while the process lives

	library bool // it has logged something in this environment
	debug   bool // each hook is logged
}

// least is how long a hook takes for which the library measured nothing: less
// than the microsecond to which it rounds.
const least = time.Microsecond / 2

// invoked begins an invocation.
func (h *hookTracker) invoked(m *recording.Moment) {
	*h = hookTracker{request: m.RequestID, library: h.library, debug: h.debug}
}

// responded begins the time of the hooks, unless they ran before that.
func (h *hookTracker) responded(m *recording.Moment) {
	h.running, h.since = !h.over, m.Since
}

// line reads a record of the library.
func (h *hookTracker) line(t *tracker, m *recording.Moment) {
	if !strings.Contains(m.Text, "postinvoke: ") {
		return
	}
	fields := recording.Fields(m.Text)
	request := cmp.Or(fields[record.RequestID], m.RequestID)
	switch message := recording.Message(fields); message {
	case record.HookFinished:
		h.debug = true
		h.finished(t, m, request, fields)
	case record.HookAbandoned:
		h.abandoned(t, m, request, fields)
	case record.HookLate:
		h.late(t, m, request, fields)
	case record.HookFailed:
		h.failed(t, m, request, fields)
	case record.Hooks:
		h.reported(t, m)
	case record.ShutdownHooks:
		if t.current[slot{function, ending}] == nil { // nobody told of the signal
			took := took(m, fields, record.HooksMs)
			s := &span{lane: function, kind: ending, name: "shutdown", from: m.Since - took, to: m.Since,
				detail: fmt.Sprintf("The function runs its shutdown functions: %s.", length(took))}
			t.spans = append(t.spans, s)
		}
	default:
		h.library = h.library || strings.HasPrefix(message, "postinvoke: ")
		return
	}
	h.library = true
}

// find returns the last span of a hook of that name, if any.
func (h *hookTracker) find(t *tracker, request, hook string, like func(*span) bool) *span {
	for _, s := range slices.Backward(t.spans) {
		if s.lane == hooks && s.hook == hook && s.request == request && like(s) {
			return s
		}
	}
	return nil
}

// bar adds a hook that ran for so long, until now.
func (h *hookTracker) bar(t *tracker, m *recording.Moment, request, hook string, took time.Duration) *span {
	name, place := recording.ShortHook(hook)
	s := &span{lane: hooks, kind: hooking, name: name, place: place, hook: hook, request: request,
		from: m.Since - max(took, least), to: m.Since}
	if h.running && s.from < h.since && h.since-s.from < time.Millisecond { // clocks of two processes
		s.from = min(h.since, s.to-least)
	}
	t.spans = append(t.spans, s)
	h.told = true
	return s
}

// mark adds something that happened to a hook, and took no time.
func (h *hookTracker) mark(t *tracker, at time.Duration, request, hook, note, detail string) *span {
	name, place := recording.ShortHook(hook)
	s := t.mark(hooks, name, at, detail)
	s.place, s.note, s.hook, s.request, s.failed = place, note, hook, request, true
	return s
}

func (h *hookTracker) finished(t *tracker, m *recording.Moment, request string, fields map[string]string) {
	hook, took := fields[record.Hook], took(m, fields, record.HookMs)
	if h.find(t, request, hook, func(s *span) bool { return s.note == noteAbandoned && !s.returned }) != nil {
		return // its span is there
	}
	s := h.bar(t, m, request, hook, took)
	s.detail = fmt.Sprintf("The hook %s runs for %s.", hook, length(max(took, least)))
	if h.running && s.from >= h.since {
		s.detail = fmt.Sprintf("The hook %s runs for %s, after the response.", hook, length(max(took, least)))
	}
	h.since = m.Since
}

const (
	noteAbandoned = "abandoned"
	noteUnstarted = "never started" // abandoned or lost
)

func (h *hookTracker) abandoned(t *tracker, m *recording.Moment, request string, fields map[string]string) {
	hook := fields[record.Hook]
	detail := fmt.Sprintf("The hook %s was abandoned: %s.", hook, fields[record.Reason])
	switch ran, known := fields[record.HookMs]; {
	case fields[record.Started] == "false":
		h.mark(t, m.Since, request, hook, noteUnstarted, detail)
		h.unstarted++
	case known && ran != "":
		s := h.bar(t, m, request, hook, took(m, fields, record.HookMs))
		s.note, s.failed, s.detail = noteAbandoned, true, detail
	default: // nothing tells when it began
		h.mark(t, m.Since, request, hook, noteAbandoned, detail)
	}
}

// late notes that an abandoned hook has returned after all.
func (h *hookTracker) late(t *tracker, m *recording.Moment, request string, fields map[string]string) {
	hook := fields[record.Hook]
	after := length(took(m, fields, record.LateMs))
	detail := fmt.Sprintf("The hook %s, which was abandoned, returned %s later.", hook, after)
	h.mark(t, m.Since, request, hook, "returned", detail).failed = false
	if s := h.find(t, request, hook, func(s *span) bool { return s.note == noteAbandoned && !s.returned }); s != nil {
		s.returned = true
		s.detail += fmt.Sprintf(" It returned %s later.", after)
	}
}

func (h *hookTracker) failed(t *tracker, m *recording.Moment, request string, fields map[string]string) {
	hook := fields[record.Hook]
	why := fields[record.Error]
	if panicked := fields[record.Panic]; panicked != "" {
		why = "panic: " + panicked
	}
	s := h.find(t, request, hook, func(s *span) bool { return s.note == "" || s.note == noteAbandoned && !s.returned })
	if s == nil {
		s = h.mark(t, m.Since, request, hook, "", fmt.Sprintf("The hook %s ends.", hook))
	}
	s.failed = true
	s.note = cmp.Or(s.note, "failed")
	s.detail += " It failed: " + why + "."
}

// reported reads the record about all hooks of an invocation.
func (h *hookTracker) reported(t *tracker, m *recording.Moment) {
	all := recording.HooksIn(m.Entry)
	if all == nil {
		return
	}
	if !h.told && all.Count > h.unstarted && !all.Unmeasured {
		h.all(t, m, all)
	}
	if h.beforeError = all.BeforeError; h.beforeError {
		for _, s := range t.spans {
			if s.lane == hooks && s.request == cmp.Or(all.RequestID, m.RequestID) {
				s.detail += " The handler had panicked: the error is reported when the hooks are over."
			}
		}
	}
	h.running, h.over = false, true
}

// all notes the hooks of an invocation as one span.
func (h *hookTracker) all(t *tracker, m *recording.Moment, all *recording.Hooks) {
	took := min(m.Since, time.Duration(all.Ms*float64(time.Millisecond)))
	name := fmt.Sprintf("%d hooks", all.Count)
	if all.Count == 1 {
		name = "1 hook"
	}
	s := &span{lane: hooks, kind: hooking, name: name, from: m.Since - max(took, least), to: m.Since,
		request: cmp.Or(all.RequestID, m.RequestID)}
	if h.running {
		s.from = max(s.from, min(h.since, s.to-least))
	}
	when := ""
	if all.AfterResponse {
		when = "After the response: "
	}
	s.detail = fmt.Sprintf("%s%s, for %s together. At the log level DEBUG each is logged by itself.",
		when, name, length(took))
	t.spans = append(t.spans, s)
}

// idle is the end of an invocation: whoever has hooks has reported them.
func (h *hookTracker) idle() { h.running, h.request = false, "" }

// finish notes what seems to run at the end of the recording.
func (h *hookTracker) finish(t *tracker, now time.Duration) {
	h.unknown(t)
	if h.running {
		t.spans = append(t.spans, &span{lane: hooks, kind: hooking, name: "hooks run", from: h.since, to: max(h.since, now), open: true,
			detail: "The response is sent, and hooks run."})
	}
}

// took is how long something took that is over now: at the most since the
// recording began.
func took(m *recording.Moment, fields map[string]string, field string) time.Duration {
	return min(max(0, m.Since), time.Duration(recording.Number(fields, field)*float64(time.Millisecond)))
}
