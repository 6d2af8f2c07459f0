package awsrun

import (
	"cmp"
	"fmt"
	"slices"
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

// barWidth is the number of cells of a bar.
const barWidth = 20

// Bar renders the progress in one line, for a terminal.
func (p Progress) Bar() string {
	if p.Expected == 0 {
		return p.Step
	}
	filled := min(barWidth, int(barWidth*p.Passed/p.Expected))
	return fmt.Sprintf("%s [%s%s] %s", p.Step,
		strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled), p.passed(time.Second))
}

// Sentence renders the progress for where nothing can be overwritten; it
// changes once a minute.
func (p Progress) Sentence() string {
	if p.Expected == 0 {
		return p.Step
	}
	return fmt.Sprintf("%s (%s)", p.Step, p.passed(time.Minute))
}

func (p Progress) passed(unit time.Duration) string {
	passed := short(p.Passed.Truncate(unit))
	if p.Passed > p.Expected {
		return fmt.Sprintf("%s, usually about %s", passed, short(p.Expected))
	}
	return fmt.Sprintf("%s of about %s", passed, short(p.Expected))
}

// short renders a duration without the zeros that Duration.String has.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if s == "0s" {
		return "0m"
	}
	return s
}

// A status shows what all runs together wait for: that of the run that has come
// least far.
type status struct {
	show func(Progress)

	mu      sync.Mutex
	current []runProgress // of runs that have not ended
}

type runProgress struct {
	*run
	Progress
}

// set notes the progress of a run, and shows that of all.
func (s *status) set(r *run, p Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.index(r); i >= 0 {
		s.current[i].Progress = p
	} else {
		s.current = append(s.current, runProgress{r, p})
	}
	s.refresh()
}

// done notes the end of a run.
func (s *status) done(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.index(r); i >= 0 {
		s.current = slices.Delete(s.current, i, i+1)
	}
	s.refresh()
}

func (s *status) index(r *run) int {
	return slices.IndexFunc(s.current, func(p runProgress) bool { return p.run == r })
}

func (s *status) refresh() {
	if len(s.current) == 0 {
		return
	}
	// What takes a known time is the last step.
	least := slices.MinFunc(s.current, func(a, b runProgress) int {
		return cmp.Or(cmp.Compare(min(a.Expected, 1), min(b.Expected, 1)), cmp.Compare(a.Passed, b.Passed))
	})
	s.show(least.Progress)
}
