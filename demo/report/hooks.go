package report

import (
	"fmt"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/record"
)

// A hookTracker notes the hooks. Each is known by name from the library's record
// at level DEBUG; without those there is one span for all of an invocation.
type hookTracker struct {
	since     time.Duration // the response, or the end of the last hook after it
	running   bool          // hooks may run: there was a response
	told      bool          // of a hook of this invocation that ran
	unstarted int           // hooks of this invocation that never started
}

// responded begins the time of the hooks.
func (h *hookTracker) responded(m *recording.Moment) {
	*h = hookTracker{since: m.Since, running: true}
}

// line reads a record of the library.
func (h *hookTracker) line(t *tracker, m *recording.Moment) {
	if !strings.Contains(m.Text, "postinvoke: ") {
		return
	}
	fields := recording.Fields(m.Text)
	switch recording.Message(fields) {
	case record.HookFinished:
		h.add(t, m, fields, took(m, fields, record.HookMs))
	case record.HookAbandoned:
		h.abandoned(t, m, fields)
	case record.HookFailed:
		h.failed(t, m, fields)
	case record.Hooks:
		if count := int(recording.Number(fields, record.HookCount)); !h.told && count > h.unstarted {
			h.all(t, m, fields, count)
		}
		*h = hookTracker{}
	case record.ShutdownHooks:
		if t.current[slot{function, ending}] == nil { // nobody told of the signal
			took := took(m, fields, record.HooksMs)
			s := &span{lane: function, kind: ending, name: "shutdown", from: m.Since - took, to: m.Since,
				detail: fmt.Sprintf("The function runs its shutdown functions: %s.", length(took))}
			t.spans = append(t.spans, s)
		}
	}
}

func (h *hookTracker) add(t *tracker, m *recording.Moment, fields map[string]string, took time.Duration) *span {
	name := fields[record.Hook]
	short, place := shortHook(name)
	s := &span{lane: hooks, kind: hooking, name: short, place: place, from: m.Since - took, to: m.Since, hook: name, request: m.RequestID}
	s.detail = fmt.Sprintf("The hook %s runs for %s, after the response.", name, length(took))
	switch {
	case !h.running: // not after a response: by Go, or before a panic is reported
		s.detail = fmt.Sprintf("The hook %s runs for %s.", name, length(took))
	case s.from < h.since && h.since-s.from < time.Millisecond:
		s.from = min(h.since, s.to) // clocks of two processes
	}
	t.spans = append(t.spans, s)
	h.since, h.told = m.Since, true
	return s
}

func (h *hookTracker) abandoned(t *tracker, m *recording.Moment, fields map[string]string) {
	if fields[record.Started] == "false" { // it took no time, and gets a mark instead of a bar
		name, _ := shortHook(fields[record.Hook])
		s := t.mark(hooks, name, m.Since, fmt.Sprintf("The hook %s was abandoned: %s.", fields[record.Hook], fields[record.Reason]))
		s.note, s.request, s.failed = "not started", m.RequestID, true
		h.unstarted++
		return
	}
	took := time.Duration(0)
	if h.running {
		took = m.Since - h.since
	}
	since := h.since
	s := h.add(t, m, fields, took)
	h.since = since // another one may have run as long
	s.failed = true
	s.note = "abandoned"
	s.detail = fmt.Sprintf("The hook %s was abandoned: %s.", s.hook, fields[record.Reason])
}

func (h *hookTracker) failed(t *tracker, m *recording.Moment, fields map[string]string) {
	var s *span
	for _, other := range t.spans {
		if other.kind == hooking && other.hook == fields[record.Hook] && other.request == m.RequestID && !other.failed {
			s = other
		}
	}
	if s == nil {
		s = h.add(t, m, fields, 0)
		h.told = false // of its length
	}
	s.failed = true
	s.note = "failed"
	why := fields[record.Error]
	if panicked := fields[record.Panic]; panicked != "" {
		why = "panic: " + panicked
	}
	s.detail += " It failed: " + why
}

// all notes the hooks of an invocation as one span.
func (h *hookTracker) all(t *tracker, m *recording.Moment, fields map[string]string, count int) {
	took := took(m, fields, record.HooksMs)
	name := fmt.Sprintf("%d hooks", count)
	if count == 1 {
		name = "1 hook"
	}
	s := &span{lane: hooks, kind: hooking, name: name, from: m.Since - took, to: m.Since, request: m.RequestID}
	if h.running {
		s.from = max(s.from, min(h.since, s.to))
	}
	s.detail = fmt.Sprintf("After the response: %s, for %s together. At the log level DEBUG each is logged by itself.", name, length(took))
	t.spans = append(t.spans, s)
}

// idle is the end of an invocation: whoever has hooks has reported them.
func (h *hookTracker) idle(*tracker, time.Duration) { h.running = false }

// finish notes what seems to run at the end of the recording.
func (h *hookTracker) finish(t *tracker, now time.Duration) {
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

// shortHook leaves out of a hook's name what is the same for most: the paths of
// its package and of its file.
func shortHook(hook string) (name, place string) {
	name, place, _ = strings.Cut(hook, " (")
	name = name[strings.LastIndex(name, "/")+1:]
	place = place[strings.LastIndex(place, "/")+1:]
	return strings.TrimPrefix(name, "main."), strings.TrimSuffix(place, ")")
}
