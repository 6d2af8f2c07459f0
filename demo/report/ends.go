package report

import (
	"fmt"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

const extensionEnds = "The extension gets the SHUTDOWN event when the function is gone, and logs how the environment " +
	"ended, and which hooks were lost."

// thaw continues the processes.
func (t *tracker) thaw(at time.Duration) {
	t.end(platform, frozen, at)
	for range t.stopped {
		t.begin(goroutine, hooking, "cleanup", at, "The goroutine continues its cleanup only now.")
	}
	t.stopped = nil
}

// processEnded follows the end of the function's process, but not twice: a reset
// follows.
func (t *tracker) processEnded(at time.Duration) {
	if t.hooks.ended == 0 {
		t.hooks.ended = at
	}
	t.loseGoroutines(at)
}

// reset ends an environment in which a process ended, or timed out.
func (t *tracker) reset(m *recording.Moment) {
	t.processEnded(m.Since)
	t.invocationEnded(m.Since)
	t.end(platform, frozen, m.Since)
	if inv := t.invocations[t.hooks.request]; inv != nil && inv.Unknown != "" {
		t.hooksUnknown(inv.Unknown)
	}
	t.mark(platform, "reset", m.Since,
		"Lambda ends the environment after a "+m.Text+". The next invocation starts new processes.").Failed = true
	t.served = false
}

// signaled follows a signal to the function. Ctrl-C of the demo kills an
// environment as it is.
func (t *tracker) signaled(m *recording.Moment) {
	if m.Source != lambdaenv.Function {
		return
	}
	killed := m.Text == "SIGKILL"
	detail := "The function gets " + m.Text + " and runs its shutdown functions."
	if killed {
		detail = "The function's process is killed: nothing of it runs any more."
		t.end(platform, frozen, m.Since)
		t.processEnded(m.Since)
		if s := t.end(function, handling, m.Since); s != nil {
			s.Failed = true
		}
	}
	if t.open(function, ending) == nil {
		t.begin(function, ending, m.Text, m.Since, detail).Failed = killed
	}
}

func (t *tracker) exited(m *recording.Moment) {
	detail := "The process ended: " + m.Text + "."
	l := function
	switch {
	case m.IsOthers():
		t.mark(others, m.Name+" ended", m.Since, detail)
		return
	case m.Source == lambdaenv.Extension:
		l = extension
	}
	if s := t.end(l, ending, m.Since); s != nil {
		s.Detail += " " + detail
		return
	}
	unexpected := t.hooks.ended == 0
	if l == function {
		t.processEnded(m.Since)
	}
	for _, s := range []*span{t.end(l, starting, m.Since), t.end(l, handling, m.Since)} {
		if s != nil {
			s.Failed = true
			s.Detail = "The process ended in the middle of this: " + m.Text + "."
		}
	}
	if unexpected {
		t.mark(l, "ended", m.Since, detail).Failed = true
	}
}

// goroutineLine reads what the function in demo/goroutine prints: there a goroutine
// does what hooks do.
func (t *tracker) goroutineLine(m *recording.Moment) {
	switch running := t.goroutines(); {
	case recording.CleanupBegins(m.Entry):
		t.begin(goroutine, hooking, "cleanup", m.Since, "The goroutine begins its cleanup. Nothing waits for it.")
	case recording.CleanupDone(m.Entry) && len(running) > 0:
		running[0].end(m.Since)
		running[0].Note = "done"
		running[0].Detail += " It is done."
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
		s.Detail += fmt.Sprintf(" After %s it is frozen in the middle of that.", recording.Length(s.length()))
		t.stopped = append(t.stopped, s)
	}
}

func (t *tracker) loseGoroutines(at time.Duration) {
	for _, s := range append(t.goroutines(), t.stopped...) {
		if s.Open {
			s.end(at)
		}
		s.Note, s.Failed = noteLost, true
		s.Detail += " Its process is killed before it can continue: the cleanup is lost."
	}
	t.stopped = nil
}
