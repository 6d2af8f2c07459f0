package report

import (
	"fmt"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
)

// An unexpectedExit is an end of the function's process that Lambda did not cause.
// Which hooks are lost with it is known from the extension's records, which
// follow.
type unexpectedExit struct {
	at       time.Duration
	reset    time.Duration // of the environment, if that came before the extension's records, as on this machine
	request  string        // of the invocation in progress; empty if there was none
	hooksRan bool          // there was a response: hooks may have run
	lost     bool          // the extension has logged that something is
	unknown  bool          // it was in an invocation, and no record accounts for the hooks
}

// processEnded follows the end of the process, but not twice: a reset follows.
func (t *tracker) processEnded(at time.Duration) {
	h := &t.hooks
	if h.ended == nil {
		unknown := h.request != "" && !h.reported
		h.ended = &unexpectedExit{at: at, request: h.request, hooksRan: h.running, unknown: unknown}
	}
	h.running = false
}

// extensionRecord reads a record of the extension.
func (t *tracker) extensionRecord(m *recording.Moment) {
	if l := recording.LostIn(m.Entry); l != nil {
		t.hooksLost(m, l)
	}
	if ended, boxRead := recording.EnvironmentEnded(m.Entry); ended {
		t.environmentEnded(m, boxRead)
	}
}

// hooksLost adds what the extension has logged to be lost.
func (t *tracker) hooksLost(m *recording.Moment, l *recording.Lost) {
	if t.hooks.ended == nil { // on AWS the log does not show when it did
		t.processEnded(m.Since)
	}
	what, ended := "shutdown function", t.hooks.ended
	ended.lost = true
	if l.RequestID != "" {
		what = "hook"
		t.hooks.reported, ended.unknown = true, false
	}
	for _, name := range l.Ran[:min(len(l.Ran), l.Running)] {
		s := t.markLost(l, name, "lost", fmt.Sprintf("The %s %s ran when the process ended, and is lost.", what, name))
		if ended.hooksRan && t.debug && l.RequestID != "" {
			s.Kind, s.from = hooking, min(t.hooks.since, s.to-shortest)
		}
	}
	if more := l.Running - len(l.Ran); more > 0 {
		t.markLost(l, count(more, what), "lost", "They ran when the process ended, and are lost.")
	}
	const most = 3 // marks for each; more have one for all
	if l.NotStarted > most || len(l.Waited) < l.NotStarted {
		t.markLost(l, count(l.NotStarted, what), noteUnstarted,
			"They had not started when the process ended, and are lost: "+strings.Join(l.Waited, ", ")+".")
		return
	}
	for _, name := range l.Waited[:l.NotStarted] {
		t.markLost(l, name, noteUnstarted,
			fmt.Sprintf("The %s %s had not started when the process ended, and is lost.", what, name))
	}
}

// markLost marks the end of the process. Marks of shutdown functions stand with
// those of the invocation that was in progress.
func (t *tracker) markLost(l *recording.Lost, name, note, detail string) *span {
	s := t.markHook(t.hooks.ended.at, l.RequestID, name, note, detail)
	if l.RequestID == "" {
		s.request, s.Name = t.hooks.ended.request, "shutdown "+s.Name
	}
	return s
}

// environmentEnded reads the extension's last record: if the extension has read
// the black box, and has not logged that hooks are lost, none are.
func (t *tracker) environmentEnded(m *recording.Moment, boxRead bool) {
	ended := t.hooks.ended
	if ended == nil {
		return // nothing was lost, or this is AWS, where only that record shows a reset
	}
	ended.unknown = ended.unknown && !boxRead
	t.hooksUnknown()
	s := t.open(extension, ending)
	if s == nil { // a reset, and no shutdown
		s = t.mark(extension, "shutdown", m.Since,
			"The extension gets the SHUTDOWN event, and logs how the environment ended.")
		if ended.reset > 0 {
			s.Kind, s.from = ending, ended.reset
		}
	}
	if ended.lost {
		s.Name = "logs what was lost"
		s.Detail = "The extension reads what the function had noted, and logs which hooks were lost."
	}
}

// hooksUnknown adds that no record accounts for the hooks, if that is so.
func (t *tracker) hooksUnknown() {
	ended := t.hooks.ended
	if ended == nil || !ended.unknown || !t.env.library {
		return
	}
	ended.unknown = false
	s := t.add(&span{Lane: hooks, Kind: unknown, Name: "hooks unknown", request: ended.request,
		from: ended.at - shortest, to: ended.at,
		Detail: "The process ended before it had reported its hooks: " + recording.WhyUnknown(t.env.extension) + "."})
	if ended.hooksRan {
		s.from = min(t.hooks.since, s.from)
	}
}
