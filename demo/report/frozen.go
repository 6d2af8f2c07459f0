package report

import (
	"fmt"
	"slices"
	"time"
)

// freeze begins a frozen stretch, but not the one between init and the first
// invocation, which lasts for a moment only.
func (t *tracker) freeze(at time.Duration) {
	t.quiet = false
	if t.served && t.current[slot{platform, frozen}] == nil {
		t.begin(platform, frozen, "frozen", at, "")
		t.goroutines.freeze(at)
	}
}

// melt ends a frozen stretch, whatever follows. One that nobody told of began
// when the last invocation was over.
func (t *tracker) melt(at time.Duration) {
	if t.quiet {
		t.freeze(t.lastEnd())
	}
	if s := t.end(platform, frozen, at); s != nil {
		s.detail = fmt.Sprintf("The environment is frozen for %s: none of its code runs, and nothing is billed.", length(s.length()))
		t.melted = s
	}
}

// thaw has the processes go on.
func (t *tracker) thaw(at time.Duration) {
	t.melt(at)
	if t.melted != nil {
		t.melted.note = "then thawed"
		t.melted.detail += " Then it is thawed."
		t.mark(platform, "thawed", t.melted.to, "The environment is thawed: its processes go on where they were stopped.")
		t.melted = nil
		t.goroutines.thaw(t, at)
	}
}

// hadJustBegun reports whether a frozen stretch is none: what ended it was under
// way already.
func (s *span) hadJustBegun() bool { return s.length() < 10*time.Millisecond }

func (t *tracker) drop(s *span) {
	t.spans = slices.DeleteFunc(t.spans, func(other *span) bool { return other == s })
}

// shutdown ends a frozen stretch because the environment is shut down.
func (t *tracker) shutdown(at time.Duration) {
	t.melt(at)
	if t.melted != nil && t.melted.hadJustBegun() { // the shutdown had waited for the hooks
		t.drop(t.melted)
		t.melted = nil
	}
}

// crash ends a frozen stretch because a process ended in it.
func (t *tracker) crash(at time.Duration) {
	s := t.end(platform, frozen, at)
	switch {
	case s == nil:
	case s.hadJustBegun():
		t.drop(s)
	default:
		s.note = "then reset"
		s.detail = fmt.Sprintf("The environment was frozen for %s, until a process ended.", length(s.length()))
	}
}

// kill ends the processes without a word.
func (t *tracker) kill(at time.Duration) {
	if t.melted != nil {
		t.melted.note = "then killed"
		t.melted.detail += " Then its processes are killed: they never go on."
		t.melted = nil
	}
	t.goroutines.kill(at)
}

// lastEnd returns when the last invocation was over.
func (t *tracker) lastEnd() time.Duration {
	var end time.Duration
	for _, s := range t.spans {
		if s.kind == serving && !s.open {
			end = max(end, s.to)
		}
	}
	return end
}
