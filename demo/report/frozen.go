package report

import (
	"fmt"
	"time"
)

// freeze begins a frozen stretch, but not the one between init and the first
// invocation, which lasts for a moment only.
func (t *tracker) freeze(at time.Duration) {
	t.quiet = false
	if t.served && t.current[slot{platform, frozen}] == nil {
		t.begin(platform, frozen, "frozen", at, "")
	}
}

// thaw ends a frozen stretch. One that nobody told of began when the last
// invocation was over.
func (t *tracker) thaw(at time.Duration) {
	if t.quiet {
		t.freeze(t.lastEnd())
	}
	if s := t.end(platform, frozen, at); s != nil {
		s.note = "then thawed"
		s.detail = fmt.Sprintf("The environment is frozen for %s: none of its code runs, and nothing is billed. Then it is thawed.", length(s.length()))
		t.mark(platform, "thawed", at, "The environment is thawed: its processes go on where they were stopped.")
	}
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
