package awsrun

import (
	"fmt"
	"strings"
	"time"
)

// usualIdle is how long AWS keeps an idle environment, in what others report.
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
