package report

import (
	"fmt"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
)

// A processEnd is the end of the function's process, when it was not asked to
// end. What it takes with it is known from the extension's records, which follow.
type processEnd struct {
	at       time.Duration
	reset    time.Duration // of the environment, if that came before the extension's records, as on this machine
	request  string        // of the invocation in progress; empty if there was none
	hooksRan bool          // there was a response: hooks may have run
	lost     bool          // the extension says that something is
	untold   bool          // it was in an invocation, and nothing has told what became of the hooks
}

// processEnded notes the end of the process, but not twice: a reset follows.
func (h *hookTracker) processEnded(at time.Duration) {
	if h.ended == nil {
		h.ended = &processEnd{at: at, request: h.request, hooksRan: h.running, untold: h.request != "" && !h.over}
	}
	h.running = false
}

// lost draws what the extension says was lost.
func (h *hookTracker) lost(t *tracker, m *recording.Moment, l *recording.Lost) {
	if h.ended == nil { // on AWS the log does not tell when it did
		h.processEnded(m.Since)
	}
	what := "shutdown function"
	if l.RequestID != "" {
		what = "hook"
		h.over, h.ended.untold = true, false
	}
	for _, name := range l.Ran[:min(len(l.Ran), l.Running)] {
		s := h.lostMark(t, l, name, "lost", fmt.Sprintf("The %s %s ran when the process ended, and is lost.", what, name))
		if h.ended.hooksRan && h.debug && l.RequestID != "" {
			s.kind, s.from = hooking, min(h.since, s.to-least)
		}
	}
	if more := l.Running - len(l.Ran); more > 0 {
		h.lostMark(t, l, count(more, what), "lost", "They ran when the process ended, and are lost.")
	}
	h.neverStarted(t, l, what)
	h.ended.lost = true
}

// neverStarted draws a mark for each of those that were lost before they
// started, or one for all if they are many.
func (h *hookTracker) neverStarted(t *tracker, l *recording.Lost, what string) {
	const most = 3
	switch {
	case l.NotStarted == 0:
	case l.NotStarted > most || len(l.Waited) < l.NotStarted:
		h.lostMark(t, l, count(l.NotStarted, what), noteUnstarted,
			"They had not started when the process ended, and are lost: "+strings.Join(l.Waited, ", ")+".")
	default:
		for _, name := range l.Waited[:l.NotStarted] {
			h.lostMark(t, l, name, noteUnstarted,
				fmt.Sprintf("The %s %s had not started when the process ended, and is lost.", what, name))
		}
	}
}

// lostMark marks the end of the process. Marks of shutdown functions stand with
// those of the invocation that was in progress.
func (h *hookTracker) lostMark(t *tracker, l *recording.Lost, name, note, detail string) *span {
	s := h.mark(t, h.ended.at, l.RequestID, name, note, detail)
	if l.RequestID == "" {
		s.request, s.name = h.ended.request, "shutdown "+s.name
	}
	return s
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// environmentEnded reads the extension's last record: if the extension has read
// what the function had noted, and has not said that hooks are lost, none are.
func (h *hookTracker) environmentEnded(t *tracker, m *recording.Moment, boxRead bool) {
	if h.ended == nil {
		return // nothing was lost, or this is AWS, where only that record tells of a reset
	}
	if boxRead {
		h.ended.untold = false
	}
	h.unknown(t)
	s := t.current[slot{extension, ending}]
	if s == nil { // a reset, and no shutdown
		s = t.mark(extension, "shutdown", m.Since,
			"The extension gets the SHUTDOWN event, and logs how the environment ended.")
		if h.ended.reset > 0 {
			s.kind, s.from = ending, h.ended.reset
		}
	}
	if h.ended.lost {
		s.name = "logs what was lost"
		s.detail = "The extension reads what the function had noted, and logs which hooks were lost."
	}
}

// unknown draws that nothing tells what became of the hooks, if so.
func (h *hookTracker) unknown(t *tracker) {
	if h.ended == nil || !h.ended.untold || !h.library {
		return
	}
	h.ended.untold = false
	s := t.mark(hooks, "hooks unknown", h.ended.at,
		"The process ended before it had reported its hooks: "+recording.WhyUnknown(t.extension)+".")
	s.kind, s.request, s.from = unknown, h.ended.request, s.to-least
	if h.ended.hooksRan {
		s.from = min(h.since, s.from)
	}
}
