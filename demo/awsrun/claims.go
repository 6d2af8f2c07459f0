package awsrun

import (
	"fmt"
	"strings"
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// tellApart is how long hooks must take for the way to the caller not to be
// mistaken for them.
const tellApart = time.Second

// checkResponse compares the worst of the invocations with the claim.
func (p *play) checkResponse() Check {
	check := Check{
		Claim:   "the caller had the response before the first hook ended",
		Meaning: "Lambda kept the response back until the hooks were over: callers wait for hooks. Use a queue instead of hooks for what takes long.",
	}
	var worst Check
	severity := map[Verdict]int{Passed: 1, NotSeen: 2, Failed: 3}
	for i, c := range p.calls {
		if c.end == nil || c.hooks == nil {
			continue
		}
		if judged := p.judgeResponse(check, i+1, c); severity[judged.Verdict] > severity[worst.Verdict] {
			worst = judged
		}
	}
	if worst.Verdict == "" {
		return check.notSeen("%s", p.noHooks())
	}
	return worst
}

// judgeResponse needs no clock but one on each side. The call began before
// Lambda's platform.start. So the caller had the response before the hook's end
// if its wait was shorter than the time from platform.start to that end.
func (p *play) judgeResponse(check Check, n int, c *call) Check {
	responded := millis(c.hooks.number(record.ResponseMs))
	if responded == 0 { // hooks run before a panic is reported
		return check.notSeen("invocation %d: hooks did not follow a response, as after a panic or a timeout", n)
	}
	end, what := p.firstHookEnd(c)
	took := end.Sub(c.start.time)
	figures := fmt.Sprintf("invocation %d: response after %s, %s ended %s after the start", n, ms(c.Latency), what, ms(took))
	early := c.Latency < took-time.Millisecond // to which the log is rounded
	switch {
	case early && what == firstHook:
		return check.passed("%s", figures)
	case early:
		return check.notSeen("%s; the log does not say when the first of them did", figures)
	case took-responded < tellApart:
		return check.notSeen("%s; hooks this short cannot be told from the network: give the function an event such as {\"sleepMs\":3000}", figures)
	case c.Latency-millis(c.end.platform.Metrics.InitDurationMs) < took:
		return check.notSeen("%s; the caller may have waited for the cold start", figures)
	}
	return check.failed("%s", figures)
}

const (
	firstHook = "the first hook"
	lastHook  = "the last hook"

	// lastLineOfFirstHook is what the example function prints at the end of the
	// hook that runs first.
	lastLineOfFirstHook = "second on complete"
)

// firstHookEnd returns when the first hook of an invocation was over; where the
// log does not tell, when the last was.
func (p *play) firstHookEnd(c *call) (end time.Time, what string) {
	request := ""
	for _, l := range p.ordered() {
		if l.stream != c.start.stream {
			continue
		}
		if l.kind == "start" {
			request = l.requestID
		}
		if request == c.RequestID && l.says(lastLineOfFirstHook) {
			return l.time, firstHook
		}
	}
	if c.hooks.number(record.HookCount) == 1 {
		return c.hooks.time, firstHook
	}
	return c.hooks.time, lastHook
}

// measurable is how many milliseconds hooks must take for a difference from
// what Lambda measures to mean something.
const measurable = 100

func (p *play) checkBilled() Check {
	check := Check{
		Claim:   "the billed duration includes the hooks",
		Meaning: "Lambda bills less than the hooks took: they are cheaper than documented, or were frozen half way; compare REPORT with the hooks' record.",
	}
	var figures, unclear string
	for i, c := range p.calls {
		if c.end == nil || c.hooks == nil {
			continue
		}
		billed, handler, hooks := c.end.platform.Metrics.BilledDurationMs, c.hooks.number(record.HandlerMs), c.hooks.number(record.HooksMs)
		f := fmt.Sprintf("invocation %d: %.0f ms billed, handler %.1f ms, hooks %.1f ms", i+1, billed, handler, hooks)
		switch {
		case billed == 0:
			unclear = fmt.Sprintf("invocation %d: its platform.report has no billed duration", i+1)
		case hooks < measurable:
			unclear = f + ": too short to compare"
		case billed < handler+hooks-1: // the clocks of two machines
			return check.failed("%s", f)
		default:
			figures = join(figures, f)
		}
	}
	switch {
	case unclear != "":
		return check.notSeen("%s", unclear)
	case figures == "":
		return check.notSeen("%s", p.noHooks())
	}
	return check.passed("%s", figures)
}

func (p *play) checkMetric() Check {
	check := Check{
		Claim: metricName + " shows the hooks",
		Meaning: "Lambda does not count hooks in this metric: the dashboard's figures from it are too small, " +
			"those from the log are right.",
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
	case !m.read:
		return check.notSeen("the run ended before it was looked for")
	case m.samples == 0:
		return check.notSeen("CloudWatch has no value yet; metrics come some minutes after the invocation")
	case hooks < measurable:
		return check.notSeen("%.1f ms at most, hooks took %.1f ms: too short to compare", m.maximum, hooks)
	case int(m.samples) > len(p.calls):
		return check.notSeen("CloudWatch has %.0f invocations in these minutes, of which %d are of this run", m.samples, len(p.calls))
	// The metric begins when the runtime asked for the next event, a moment
	// after the response, from which the hooks count.
	case m.maximum >= hooks*0.9:
		return check.passed("%.1f ms at most in %.0f invocations, hooks took %.1f ms", m.maximum, m.samples, hooks)
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
	switch {
	case p.closing == nil:
		return check.notSeen("%s", p.noShutdown())
	case p.closing.hooks == nil && !p.closing.whole:
		return check.notSeen("the run ended before their record could come")
	case p.closing.hooks == nil && !p.logHas(func(l *line) bool { return l.says(lastLineOfFirstHook) }):
		return check.notSeen("their record did not come, and only of the example it is known that there are any")
	case p.closing.hooks == nil:
		return check.failed("the extension's record came, that of the shutdown hooks did not")
	}
	l := p.closing.hooks
	printed := 0
	for _, l := range p.end() {
		if l.source == lambdaenv.Function && !strings.HasPrefix(l.message, "postinvoke: ") {
			printed++
		}
	}
	figures := fmt.Sprintf("%.0f in %.1f of %.0f ms, %s printed", l.number(record.HookCount), l.number(record.HooksMs), l.number(record.BudgetMs), lines(printed))
	switch failed := l.number(record.Failures) + l.number(record.Abandoned); {
	case failed > 0:
		return check.failed("%s, %.0f failed or were abandoned", figures, failed)
	case printed == 0:
		return check.notSeen("%s: none that could have been lost", figures)
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
	case p.closing.environment == nil && !p.closing.whole:
		return check.notSeen("the run ended before its record could come")
	case p.closing.environment == nil && !p.logHas(func(l *line) bool { return l.fields[record.Layer] == true }):
		return check.notSeen("the function does not say that it has the layer")
	case p.closing.environment == nil:
		return check.failed("its record did not come within %v of the other", p.cfg.Pace.Grace)
	}
	l := p.closing.environment
	if l.reason() == "" {
		return check.failed("its record has no reason")
	}
	return check.passed("%s, after %s idle and %s in all", l.reason(),
		millis(l.number(record.IdleMs)).Round(time.Millisecond), millis(l.number(record.LifetimeMs)).Round(time.Millisecond))
}
