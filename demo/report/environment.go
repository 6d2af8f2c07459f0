package report

import (
	"fmt"
	"slices"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// freeze begins a frozen stretch, but not the one between init and the first
// invocation, which lasts for a moment only.
func (t *tracker) freeze(at time.Duration) {
	t.idle = false
	if t.env.served && t.open(platform, frozen) == nil {
		t.begin(platform, frozen, "frozen", at, "")
		t.stopGoroutines(at)
	}
}

// endFrozen ends a frozen stretch, regardless of what follows. On AWS it began when the
// last invocation ended.
func (t *tracker) endFrozen(at time.Duration) {
	if t.idle {
		t.freeze(t.lastEnd())
	}
	if s := t.end(platform, frozen, at); s != nil {
		s.Detail = fmt.Sprintf("The environment is frozen for %s: none of its code runs, and nothing is billed.",
			length(s.length()))
		t.thawing = s
	}
}

// thaw continues the processes.
func (t *tracker) thaw(at time.Duration) {
	t.endFrozen(at)
	if t.thawing == nil {
		return
	}
	t.thawing.Note = "then thawed"
	t.thawing.Detail += " Then it is thawed."
	t.mark(platform, "thawed", t.thawing.to,
		"The environment is thawed: its processes continue where they were stopped.")
	t.thawing = nil
	t.continueGoroutines(at)
}

// kill ends the processes as they are.
func (t *tracker) kill(at time.Duration) {
	if t.thawing != nil {
		t.thawing.Note = "then killed"
		t.thawing.Detail += " Then its processes are killed: they never continue."
		t.thawing = nil
	}
	t.loseGoroutines(at)
}

// hadJustBegun reports whether a frozen stretch is none: a shutdown waited for
// the hooks, or a process was ending.
func (s *span) hadJustBegun() bool { return s.length() < 10*time.Millisecond }

func (t *tracker) drop(s *span) {
	t.spans = slices.DeleteFunc(t.spans, func(other *span) bool { return other == s })
}

// lastEnd returns when the last invocation ended.
func (t *tracker) lastEnd() time.Duration {
	var end time.Duration
	for _, s := range t.spans {
		if s.Kind == serving && !s.Open {
			end = max(end, s.to)
		}
	}
	return end
}

// environmentReset ends an environment in which a process ended, or timed out.
func (t *tracker) environmentReset(m *recording.Moment) {
	at := m.Since
	t.processEnded(at)
	t.hooks.ended.reset = at
	t.invocationEnded(at)
	if s := t.end(platform, frozen, at); s != nil {
		s.Note = "then reset"
		s.Detail = fmt.Sprintf("The environment was frozen for %s, until a process ended.", length(s.length()))
		if s.hadJustBegun() {
			t.drop(s)
		}
	}
	t.kill(at)
	t.mark(platform, "reset", at,
		"Lambda ends the environment after a "+m.Text+". The next invocation starts new processes.").Failed = true
	t.idle = false
	t.env.served = false
	t.env.reset = true
}

func (t *tracker) shutdown(m *recording.Moment) {
	t.endFrozen(m.Since)
	if t.thawing != nil && t.thawing.hadJustBegun() {
		t.drop(t.thawing)
		t.thawing = nil
	}
	if t.env.reset {
		t.mark(platform, "no shutdown", m.Since, "Nothing is left to shut down: the reset ended the environment.")
		return
	}
	t.begin(platform, ending, "shutdown", m.Since, "The environment is shut down, reason: "+m.Text+".")
	if t.env.extension {
		t.begin(extension, ending, "shutdown", m.Since,
			"The extension gets the SHUTDOWN event when the function is gone, and logs the reason.")
	}
}

// signaled follows a signal to the function.
func (t *tracker) signaled(m *recording.Moment) {
	if m.Source != lambdaenv.Function {
		return
	}
	killed := m.Text == "SIGKILL"
	detail := "The function gets " + m.Text + " and runs its shutdown functions."
	if killed {
		detail = "The function's process is killed: nothing of it runs any more."
		t.endFrozen(m.Since) // SIGKILL ends a process that is stopped, too
		t.idle = false
		t.kill(m.Since)
		t.processEnded(m.Since)
		for _, s := range []*span{t.end(platform, serving, m.Since), t.end(function, handling, m.Since)} {
			if s != nil {
				s.Failed = s.Lane == function
				s.Detail = "The environment was killed in the middle of this."
			}
		}
	}
	if t.open(function, ending) == nil {
		t.begin(function, ending, m.Text, m.Since, detail).Failed = killed
	}
}

func (t *tracker) exited(m *recording.Moment) {
	l := function
	switch {
	case m.IsOthers():
		t.mark(others, m.Name+" ended", m.Since, "The process ended: "+m.Text+".")
		return
	case m.Source == lambdaenv.Extension:
		l = extension
	}
	if s := t.end(l, ending, m.Since); s != nil {
		s.Detail += fmt.Sprintf(" It ended after %s: %s.", length(s.length()), m.Text)
		return
	}
	if l == function {
		t.processEnded(m.Since)
	}
	working := l == function && t.open(platform, serving) != nil
	for _, s := range []*span{t.end(l, starting, m.Since), t.end(l, handling, m.Since)} {
		if s != nil {
			working, s.Failed = true, true
			s.Detail = "The process ended in the middle of this: " + m.Text + "."
		}
	}
	if working {
		t.mark(l, "ended", m.Since, "The process ended: "+m.Text+".").Failed = true
	}
}

// goroutineLine reads what the function in demo/goroutine prints: there a goroutine
// does what hooks do.
func (t *tracker) goroutineLine(m *recording.Moment) {
	switch recording.GoroutineWork(m.Entry) {
	case recording.WorkBegins:
		t.begin(goroutine, hooking, "cleanup", m.Since, "The goroutine begins its cleanup. Nothing waits for it.")
	case recording.WorkDone:
		if running := t.goroutines(); len(running) > 0 {
			running[0].end(m.Since)
			running[0].Note = "done"
			running[0].Detail += " It is done."
		}
	}
}

// goroutines returns the work in progress, the oldest first.
func (t *tracker) goroutines() []*span {
	var running []*span
	for _, s := range t.spans {
		if s.Lane == goroutine && s.Open {
			running = append(running, s)
		}
	}
	return running
}

func (t *tracker) stopGoroutines(at time.Duration) {
	for _, s := range t.goroutines() {
		s.end(at)
		s.Note, s.Failed = "cut off", true
		s.Detail += fmt.Sprintf(" After %s it is frozen in the middle of that.", length(s.length()))
		t.stopped = append(t.stopped, s)
	}
}

func (t *tracker) continueGoroutines(at time.Duration) {
	for range t.stopped {
		t.begin(goroutine, hooking, "cleanup", at, "The goroutine continues its cleanup only now.")
	}
	t.stopped = nil
}

func (t *tracker) loseGoroutines(at time.Duration) {
	lost := t.stopped
	for _, s := range t.goroutines() {
		s.end(at)
		s.Failed = true
		lost = append(lost, s)
	}
	for _, s := range lost {
		s.Note = "lost"
		s.Detail += " Its process is killed before it can continue: the cleanup is lost."
	}
	t.stopped = nil
}
