package awsrun

import (
	"fmt"
	"slices"
	"time"
)

// A Verdict is what became of a check.
type Verdict string

// Verdicts.
const (
	Passed  Verdict = "passed"
	Failed  Verdict = "failed"
	NotSeen Verdict = "not seen" // what is needed to tell was not there
)

// A Check is a claim of this project about Lambda, held against what was seen.
type Check struct {
	Function string // as its outputs are called: Arm64, X86
	Claim    string
	Verdict  Verdict
	Figures  string // what was seen, or why nothing was
	Meaning  string // of a failure
}

// checks returns the self-check of a play that is over.
func (p *play) checks() []Check {
	if len(p.calls) == 0 {
		return nil
	}
	checks := []Check{p.checkResponse(), p.checkBilled(), p.checkMetric(), p.checkShutdown(), p.checkReason()}
	for i := range checks {
		checks[i].Function = p.target.name
	}
	return checks
}

func (c Check) passed(format string, args ...any) Check {
	c.Verdict, c.Figures, c.Meaning = Passed, fmt.Sprintf(format, args...), ""
	return c
}

func (c Check) failed(format string, args ...any) Check {
	c.Verdict, c.Figures = Failed, fmt.Sprintf(format, args...)
	return c
}

func (c Check) notSeen(format string, args ...any) Check {
	c.Verdict, c.Figures, c.Meaning = NotSeen, fmt.Sprintf(format, args...), ""
	return c
}

// logHas reports whether a line of our environments is like that.
func (p *play) logHas(like func(*line) bool) bool { return slices.ContainsFunc(p.ordered(), like) }

// noHooks says why nothing is known about hooks.
func (p *play) noHooks() string {
	for _, c := range p.calls {
		if c.end != nil {
			return "the log has no record of hooks: there were none, or the application log level is above INFO"
		}
	}
	return "the run ended before an invocation was in the log"
}

// noShutdown says why nothing is known about a shutdown.
func (p *play) noShutdown() string {
	switch {
	case p.cfg.NoWait:
		return "not waited for"
	case p.err != nil:
		return "the run ended before it"
	case p.story.reset:
		return "the last invocation ended the environment before"
	}
	return fmt.Sprintf("no record of a shutdown came within %v", p.cfg.Pace.Idle)
}

func lines(n int) string {
	if n == 1 {
		return "1 line"
	}
	return fmt.Sprintf("%d lines", n)
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
