package awsrun

import (
	"fmt"
	"time"

	"example.com/postinvoke/record"
)

// tellApart is how long hooks must take for the way to the caller not to be
// mistaken for them: a cold start and a slow network take less.
const tellApart = time.Second

// checkResponse needs no clock but one on each side. The call began before
// Lambda's platform.start. So the caller had the response before the hook's end
// if its wait was shorter than the time from platform.start to that end.
func (p *play) checkResponse() Check {
	check := Check{
		Claim:   "the caller had the response before the first hook ended",
		Meaning: "Lambda kept the response back until the hooks were over: callers wait for hooks. Use a queue instead of hooks for what takes long.",
	}
	var worst Check
	for i, c := range p.calls {
		end, what, ok := p.firstHookEnd(c)
		if !ok {
			continue
		}
		took := end.Sub(c.start.time)
		figures := fmt.Sprintf("invocation %d: response after %s, %s ended %s after the start", i+1, ms(c.Latency), what, ms(took))
		switch {
		case c.Latency < took-time.Millisecond: // to which the log is rounded
			if worst.Verdict == "" {
				worst = check.passed("%s", figures)
			}
		case took < tellApart:
			if worst.Verdict != Failed {
				worst = check.notSeen("%s; hooks this short cannot be told from the network: give the function an event such as {\"sleepMs\":3000}", figures)
			}
		default:
			worst = check.failed("%s", figures)
		}
	}
	if worst.Verdict == "" {
		return check.notSeen("%s", p.noHooks())
	}
	return worst
}

// lastLineOfFirstHook is what the example function prints at the end of the
// hook that runs first.
const lastLineOfFirstHook = "second on complete"

// firstHookEnd returns when the first hook of an invocation was over; where the
// log does not tell, when the last was.
func (p *play) firstHookEnd(c *call) (end time.Time, what string, ok bool) {
	if c.end == nil || c.hooks == nil {
		return end, "", false
	}
	request := ""
	for _, l := range p.ordered() {
		if l.stream != c.start.stream {
			continue
		}
		if l.kind == "start" {
			request = l.requestID
		}
		if request == c.RequestID && l.text == lastLineOfFirstHook {
			return l.time, "the first hook", true
		}
	}
	return c.hooks.time, "the last hook", true
}

func (p *play) checkBilled() Check {
	check := Check{
		Claim:   "the billed duration includes the hooks",
		Meaning: "Lambda bills less than the hooks took: they are cheaper than documented, or were frozen half way; compare REPORT with the hooks' record.",
	}
	var figures string
	for i, c := range p.calls {
		if c.end == nil || c.hooks == nil {
			continue
		}
		billed, hooks := c.end.platform.Metrics.BilledDurationMs, c.hooks.number(record.HooksMs)
		f := fmt.Sprintf("invocation %d: %.0f ms billed, %.1f ms of them hooks", i+1, billed, hooks)
		if billed < hooks {
			return check.failed("%s", f)
		}
		figures = join(figures, f)
	}
	if figures == "" {
		return check.notSeen("%s", p.noHooks())
	}
	return check.passed("%s", figures)
}

// measurable is how many milliseconds hooks must take for a difference from the
// metric to mean something.
const measurable = 100

func (p *play) checkMetric() Check {
	check := Check{
		Claim:   metricName + " shows the hooks",
		Meaning: "Lambda does not count what the extension waits for in this metric: the dashboard's figures from it are too small, those from the log are right.",
	}
	var hooks float64
	calls := 0
	for _, c := range p.calls {
		if c.end != nil && c.hooks != nil {
			hooks = max(hooks, c.hooks.number(record.HooksMs))
			calls++
		}
	}
	switch m := p.metric; {
	case calls == 0:
		return check.notSeen("%s", p.noHooks())
	case p.metricErr != nil:
		return check.notSeen("%v", p.metricErr)
	case m.samples == 0:
		return check.notSeen("CloudWatch has no value yet; metrics come some minutes after the invocation")
	// The metric begins when the runtime asked for the next event, a moment
	// after the response, from which the hooks count.
	case m.maximum >= hooks*0.9:
		return check.passed("%.1f ms at most in %.0f invocations, hooks took %.1f ms", m.maximum, m.samples, hooks)
	case hooks < measurable:
		return check.notSeen("%.1f ms at most, hooks took %.1f ms: too short to compare", m.maximum, hooks)
	case int(m.samples) < calls:
		return check.notSeen("CloudWatch has %.0f of %d invocations so far", m.samples, calls)
	default:
		return check.failed("%.1f ms at most in %.0f invocations, but hooks took %.1f ms", m.maximum, m.samples, hooks)
	}
}

func (p *play) checkShutdown() Check {
	check := Check{
		Claim:   "shutdown hooks ran, and their lines reached the log",
		Meaning: "the function got no SIGTERM, or what it printed then was lost: do not rely on shutdown hooks for anything that must not be lost.",
	}
	if p.closing == nil {
		return check.notSeen("%s", p.noShutdown())
	}
	l := p.closing.hooks
	if l == nil {
		return check.failed("the extension's record came, that of the shutdown hooks did not")
	}
	printed := 0
	for _, l := range p.end() {
		if l.message == "" {
			printed++
		}
	}
	figures := fmt.Sprintf("%.0f in %.1f of %.0f ms, %s printed", l.number(record.HookCount), l.number(record.HooksMs), l.number(record.BudgetMs), lines(printed))
	if failed := l.number(record.Failures) + l.number(record.Abandoned); failed > 0 {
		return check.failed("%s, %.0f failed or were abandoned", figures, failed)
	}
	return check.passed("%s", figures)
}

func (p *play) checkReason() Check {
	check := Check{
		Claim:   "the extension reported why the environment ended",
		Meaning: "the extension got no SHUTDOWN event, or its record was lost: the dashboard misses shutdowns.",
	}
	switch {
	case p.closing == nil:
		return check.notSeen("%s", p.noShutdown())
	case p.closing.environment == nil || p.closing.environment.reason() == "":
		return check.failed("its record did not come within %v of the other", p.cfg.Pace.Grace)
	}
	l := p.closing.environment
	return check.passed("%s, after %s idle and %s in all", l.reason(),
		millis(l.number(record.IdleMs)).Round(time.Millisecond), millis(l.number(record.LifetimeMs)).Round(time.Millisecond))
}
