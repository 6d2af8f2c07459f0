package report

import (
	"fmt"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// signaled notes how the function is told to end.
func (t *tracker) signaled(m *recording.Moment) {
	if m.Source != lambdaenv.Function {
		return
	}
	detail := "The function gets " + m.Text + " and runs its shutdown functions."
	if m.Text == "SIGKILL" {
		detail = "The function's process is killed: nothing of it runs any more."
		t.melt(m.Since) // whoever has to can kill what is frozen
		t.quiet = false // nothing is left to freeze
		t.kill(m.Since)
		t.stop(m)
	}
	if t.current[slot{function, ending}] == nil {
		t.begin(function, ending, m.Text, m.Since, detail).failed = m.Text == "SIGKILL"
	}
}

// stop ends all that goes on, as its process is killed.
func (t *tracker) stop(m *recording.Moment) {
	t.hooks.processEnded(m.Since)
	for _, at := range []slot{{platform, serving}, {function, handling}} {
		if s := t.end(at.lane, at.kind, m.Since); s != nil {
			s.failed = at.lane == function
			s.detail = "The environment was killed in the middle of this."
		}
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
		s.detail += fmt.Sprintf(" It ended after %s: %s.", length(s.length()), m.Text)
		return
	}
	// Nobody asked it to: it takes what it did with it.
	open := false
	if l == function {
		t.hooks.processEnded(m.Since)
	}
	for _, k := range []kind{starting, handling} {
		if s := t.end(l, k, m.Since); s != nil {
			open, s.failed = true, true
			s.detail = "The process ended in the middle of this: " + m.Text + "."
		}
	}
	if open || l == function && t.current[slot{platform, serving}] != nil {
		t.mark(l, "ended", m.Since, "The process ended: "+m.Text+".").failed = true
	}
}
