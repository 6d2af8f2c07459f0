package awsrun

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// A Result is that of a check.
type Result string

// Results, the better one first.
const (
	Passed  Result = "passed"
	NotSeen Result = "not seen" // there was no evidence
	Failed  Result = "failed"
)

// A Check is an expectation of this project about Lambda, compared with what was
// seen.
type Check struct {
	Function string // as its outputs are called: Arm64, X86
	Expected string
	Result   Result
	Figures  string // what was seen, or why nothing was
	Meaning  string // of a failure
}

// A finding is what was seen.
type finding struct {
	result  Result
	figures string
}

func passed(format string, args ...any) finding { return finding{Passed, fmt.Sprintf(format, args...)} }
func failed(format string, args ...any) finding { return finding{Failed, fmt.Sprintf(format, args...)} }
func notSeen(format string, args ...any) finding {
	return finding{NotSeen, fmt.Sprintf(format, args...)}
}

// The checks, in the order in which things happen.
var checks = []struct {
	expected, meaning string
	check             func(*run) finding
}{
	{"the caller had the response before the first hook ended",
		"Lambda kept the response back until the hooks had ended: callers wait for hooks. " +
			"Use a queue instead of hooks for what takes long.", (*run).checkResponse},
	{"the billed duration includes the hooks",
		"Lambda bills less than the hooks took: they are cheaper than documented, or were frozen before they had " +
			"finished; " +
			"compare REPORT with the hooks' record.", (*run).checkBilled},
	{metricName + " shows the hooks",
		"Lambda does not count hooks in this metric: the dashboard's figures from it are too small, " +
			"those from the log are right.", (*run).checkMetric},
	{"shutdown hooks ran, and their lines reached the log",
		"the function got no SIGTERM, or what it printed then was lost: " +
			"do not rely on shutdown hooks for anything that must not be lost.", (*run).checkShutdown},
	{"the extension reported why the environment ended",
		"the extension got no SHUTDOWN event, or its record was lost: the dashboard misses shutdowns.",
		(*run).checkReason},
}

// checks returns the self-check of a run that has ended.
func (r *run) checks() []Check {
	if len(r.invocations) == 0 {
		return nil
	}
	var all []Check
	for _, c := range checks {
		found := c.check(r)
		if found.result != Failed {
			c.meaning = ""
		}
		all = append(all, Check{r.target.name, c.expected, found.result, found.figures, c.meaning})
	}
	return all
}

// withHooks are the invocations whose report and hooks are in the log, by number.
func (r *run) withHooks() iter.Seq2[int, *invocation] {
	return func(yield func(int, *invocation) bool) {
		for i, inv := range r.invocations {
			if inv.end != nil && inv.hooks != nil && !yield(i+1, inv) {
				return
			}
		}
	}
}

// noHooks is the reason why there is no evidence of hooks.
func (r *run) noHooks() finding {
	if slices.ContainsFunc(r.invocations, func(inv *invocation) bool { return inv.end != nil }) {
		return notSeen("the log has no record of hooks: there were none, or the application log level is above INFO")
	}
	return notSeen("the run ended before an invocation was in the log")
}

// checkResponse returns the worst finding of all invocations.
func (r *run) checkResponse() finding {
	results := []Result{Passed, NotSeen, Failed}
	var worst *finding
	for n, inv := range r.withHooks() {
		found := r.checkResponseOf(n, inv)
		if worst == nil || slices.Index(results, found.result) > slices.Index(results, worst.result) {
			worst = &found
		}
	}
	if worst == nil {
		return r.noHooks()
	}
	return *worst
}

// checkResponseOf needs no clock but one on each side. The call began before
// Lambda's platform.start. So the caller had the response before the hook's end
// if its wait was shorter than the time from platform.start to that end.
func (r *run) checkResponseOf(n int, inv *invocation) finding {
	const (
		rounding     = time.Millisecond // of times in the log
		recognisable = time.Second      // hooks this long are not the way to the caller
	)
	responded := inv.hooks.milliseconds(record.ResponseMs)
	if responded == 0 { // hooks run before a panic is reported
		return notSeen("invocation %d: hooks did not follow a response, as after a panic or a timeout", n)
	}
	end, isFirst := r.firstHookEnd(inv)
	hook := "the last hook"
	if isFirst {
		hook = "the first hook"
	}
	took := end.Sub(inv.start.time)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	figures := fmt.Sprintf("invocation %d: response after %.1f ms, %s ended %.1f ms after the start",
		n, ms(inv.Latency), hook, ms(took))
	cold := lambdalog.Milliseconds(inv.end.platform.Metrics.InitDurationMs)
	switch {
	case inv.Latency < took-rounding && isFirst:
		return passed("%s", figures)
	case inv.Latency < took-rounding:
		return notSeen("%s; the log does not say when the first of them did", figures)
	case took-responded < recognisable:
		return notSeen("%s; hooks this short cannot be distinguished from the network: "+
			"give the function an event such as {\"sleepMs\":3000}", figures)
	case inv.Latency-cold < took-rounding:
		return notSeen("%s; the caller may have waited for the cold start", figures)
	}
	return failed("%s", figures)
}

// lastLineOfFirstHook is what the example function prints at the end of the hook
// that runs first.
const lastLineOfFirstHook = "second on complete"

// firstHookEnd returns when the first hook of an invocation ended; where the log
// does not show that, when the last did.
func (r *run) firstHookEnd(inv *invocation) (end time.Time, isFirst bool) {
	request := ""
	for _, l := range r.ordered() {
		if l.stream != inv.start.stream {
			continue
		}
		if l.platform.Kind == "start" {
			request = l.requestID
		}
		if request == inv.RequestID && l.is(lastLineOfFirstHook) {
			return l.time, true
		}
	}
	return inv.hooks.time, inv.hooks.number(record.HookCount) == 1
}

// measurable is how many milliseconds hooks must take for a difference from
// what Lambda measures to mean something.
const measurable = 100

func (r *run) checkBilled() finding {
	var seen []string
	var unclear *finding
	for n, inv := range r.withHooks() {
		billed := inv.end.platform.Metrics.BilledDurationMs
		handler, hooks := inv.hooks.number(record.HandlerMs), inv.hooks.number(record.HooksMs)
		figures := fmt.Sprintf("invocation %d: %.0f ms billed, handler %.1f ms, hooks %.1f ms",
			n, billed, handler, hooks)
		var found finding
		switch {
		case billed == 0:
			found = notSeen("invocation %d: its platform.report has no billed duration", n)
		case hooks < measurable:
			found = notSeen("%s: too short to compare", figures)
		case billed < handler+hooks-1: // the clocks of two machines
			return failed("%s", figures)
		default:
			seen = append(seen, figures)
			continue
		}
		unclear = &found
	}
	switch {
	case unclear != nil:
		return *unclear
	case len(seen) == 0:
		return r.noHooks()
	}
	return passed("%s", strings.Join(seen, "; "))
}

// noShutdown is the reason why there is no evidence of a shutdown.
func (r *run) noShutdown() finding {
	switch {
	case r.cfg.NoWait:
		return notSeen("not waited for")
	case r.err != nil:
		return notSeen("the run ended before it")
	case r.reset:
		return notSeen("the last invocation ended the environment before")
	}
	return notSeen("no record of a shutdown came within %v", r.cfg.Pace.Idle)
}

func (r *run) checkShutdown() finding {
	s := r.shutdown
	switch {
	case s == nil:
		return r.noShutdown()
	case s.hooks == nil && !s.complete:
		return notSeen("the run ended before their record could come")
	case s.hooks == nil && !r.logHas(func(l *line) bool { return l.is(lastLineOfFirstHook) }):
		return notSeen("their record did not come, and only of the example it is known that there are any")
	case s.hooks == nil:
		return failed("the extension's record came, that of the shutdown hooks did not")
	}
	printed := 0
	for _, l := range r.linesOfEnd() {
		if l.source == lambdaenv.Function && !strings.HasPrefix(l.message, "postinvoke: ") {
			printed++
		}
	}
	lines := "lines"
	if printed == 1 {
		lines = "line"
	}
	figures := fmt.Sprintf("%.0f in %.1f of %.0f ms, %d %s printed", s.hooks.number(record.HookCount),
		s.hooks.number(record.HooksMs), s.hooks.number(record.BudgetMs), printed, lines)
	switch unsuccessful := s.hooks.number(record.Failures) + s.hooks.number(record.Abandoned); {
	case unsuccessful > 0:
		return failed("%s, %.0f failed or were abandoned", figures, unsuccessful)
	case printed == 0:
		return notSeen("%s: none that could have been lost", figures)
	}
	return passed("%s", figures)
}

func (r *run) checkReason() finding {
	s := r.shutdown
	switch {
	case s == nil:
		return r.noShutdown()
	case s.environment == nil && !s.complete:
		return notSeen("the run ended before its record could come")
	case s.environment == nil && !r.logHas(func(l *line) bool { return l.fields[record.Layer] == "true" }):
		return notSeen("the function does not say that it has the layer")
	case s.environment == nil:
		return failed("its record did not come within %v of the other", r.cfg.Pace.Grace)
	case s.environment.fields[record.Reason] == "":
		return failed("its record has no reason")
	}
	return passed("%s, after %s idle and %s in all", s.environment.fields[record.Reason],
		s.environment.milliseconds(record.IdleMs).Round(time.Millisecond),
		s.environment.milliseconds(record.LifetimeMs).Round(time.Millisecond))
}

// logHas reports whether a line of our environments is like that.
func (r *run) logHas(like func(*line) bool) bool { return slices.ContainsFunc(r.ordered(), like) }
