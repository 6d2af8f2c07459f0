package report

import (
	"fmt"
	"time"

	"example.com/postinvoke/demo/recording"
)

// A goroutineTracker notes the work of the goroutines that the function in
// demo/plain leaves behind, and what becomes of it when all is frozen.
type goroutineTracker struct {
	running []*span
	stopped []*span
}

// line reads what the function prints.
func (g *goroutineTracker) line(t *tracker, m *recording.Moment) {
	switch recording.PlainWork(m.Entry) {
	case recording.WorkBegins:
		g.begin(t, m.Since, "The goroutine begins its cleanup. Nobody waits for it.")
	case recording.WorkDone:
		if len(g.running) > 0 {
			s := g.running[0]
			s.to, s.open = m.Since, false
			s.note = "done"
			s.detail += " It is done."
			g.running = g.running[1:]
		}
	}
}

func (g *goroutineTracker) begin(t *tracker, at time.Duration, detail string) {
	s := &span{lane: goroutine, kind: hooking, name: "cleanup", from: at, to: at, open: true, detail: detail}
	t.spans = append(t.spans, s)
	g.running = append(g.running, s)
}

// freeze stops the work.
func (g *goroutineTracker) freeze(at time.Duration) {
	for _, s := range g.running {
		s.to, s.open = at, false
		s.note, s.failed = "cut off", true
		s.detail += fmt.Sprintf(" After %s it is frozen in the middle of that.", length(s.length()))
	}
	g.stopped, g.running = append(g.stopped, g.running...), nil
}

// thaw has it go on.
func (g *goroutineTracker) thaw(t *tracker, at time.Duration) {
	for range g.stopped {
		g.begin(t, at, "Only now can the goroutine go on with its cleanup.")
	}
	g.stopped = nil
}

// kill ends it.
func (g *goroutineTracker) kill(at time.Duration) {
	for _, s := range g.running {
		s.to, s.open, s.failed = at, false, true
	}
	for _, s := range append(g.stopped, g.running...) {
		s.note = "lost"
		s.detail += " Its process is killed before it can go on: the cleanup is lost."
	}
	g.stopped, g.running = nil, nil
}

// finish ends what goes on at the end of the recording.
func (g *goroutineTracker) finish(now time.Duration) {
	for _, s := range g.running {
		s.to = max(s.from, now)
	}
}

// isStaggered reports whether a lane has several rows.
func (l lane) isStaggered() bool { return l == hooks || l == goroutine }
