package awsrun

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"time"
)

// usualIdle is how long AWS has been seen to keep an idle environment.
const usualIdle = 6 * time.Minute

// Progress is what is waited for.
type Progress struct {
	Step string

	// Passed is how long it has taken, and Expected how long it usually takes;
	// zero where that is not known.
	Passed, Expected time.Duration
}

// Text renders the progress in one line that changes once in a unit.
func (p Progress) Text(unit time.Duration) string {
	passed := short(p.Passed.Truncate(unit))
	switch {
	case p.Expected == 0:
		return p.Step
	case p.Passed > p.Expected:
		return fmt.Sprintf("%s (%s, usually about %s)", p.Step, passed, short(p.Expected))
	}
	return fmt.Sprintf("%s (%s of about %s)", p.Step, passed, short(p.Expected))
}

// short renders a duration without seconds if there are none.
func short(d time.Duration) string {
	if d == 0 {
		return "0m"
	}
	return strings.Replace(d.String(), "m0s", "m", 1)
}

// A status shows what all runs together wait for: that of the run that has come
// least far.
type status struct {
	show func(Progress)

	mu   sync.Mutex
	runs map[*run]Progress // that have not ended
}

// set notes the progress of a run; one without a step has ended.
func (s *status) set(r *run, p Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[r] = p
	if p.Step == "" {
		delete(s.runs, r)
	}
	var least Progress
	for _, p := range s.runs {
		// What takes a known time is the last step. The name decides among equals.
		order := cmp.Or(cmp.Compare(min(p.Expected, 1), min(least.Expected, 1)),
			cmp.Compare(p.Passed, least.Passed), cmp.Compare(p.Step, least.Step))
		if least.Step == "" || order < 0 {
			least = p
		}
	}
	if least.Step != "" {
		s.show(least)
	}
}
