package awsrun

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// A Result is that of a check.
type Result string

// Results.
const (
	Passed  Result = "passed"
	NotSeen Result = "not seen" // there was no evidence
	Failed  Result = "failed"
)

// A Check is an expectation of this project about Lambda, compared with what was
// seen.
type Check struct {
	Function string `json:"function"` // as its outputs are called: Arm64, X86
	Expected string `json:"claim"`
	Result   Result `json:"verdict"`
	Figures  string `json:"figures"`           // what was seen, or why nothing was
	Meaning  string `json:"meaning,omitempty"` // of a failure
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

// checks returns the self-check of a run that has ended, in the order in which
// things happen.
func (r *run) checks(ctx context.Context) []Check {
	var all []Check
	add := func(expected, meaning string, found finding) {
		if found.result != Failed {
			meaning = ""
		}
		all = append(all, Check{r.target.name, expected, found.result, found.figures, meaning})
	}
	add("the caller had the response before the hooks had finished",
		"Lambda kept the response back until the hooks had finished: callers wait for hooks. "+
			"Use a queue instead of hooks for what takes long.", r.worst((*invocation).checkResponse))
	add("the billed duration includes the hooks",
		"Lambda bills less than the hooks took: they are cheaper than documented, or were frozen before they had "+
			"finished; compare REPORT with the hooks' record.", r.worst((*invocation).checkBilled))
	add(metricName+" shows the hooks",
		"Lambda does not count hooks in this metric: the dashboard's figures from it are too small, "+
			"those from the log are right.", r.checkMetric(ctx))
	add("shutdown hooks ran, and their lines reached the log",
		"the function got no SIGTERM, or what it printed then was lost: "+
			"do not rely on shutdown hooks for anything that must not be lost.", r.checkShutdown())
	add("the extension reported why the environment ended",
		"the extension got no SHUTDOWN event, or its record was lost: the dashboard misses shutdowns.", r.checkReason())
	return all
}

// worst returns the worst finding of all invocations with hooks.
func (r *run) worst(check func(*invocation) finding) finding {
	worst := finding{figures: "the log has no record of hooks: there were none, the application log level is above " +
		"INFO, or the run ended before"}
	results := []Result{"", Passed, NotSeen, Failed}
	for _, inv := range r.withHooks() {
		found := check(inv)
		found.figures = fmt.Sprintf("invocation %d: %s", slices.Index(r.invocations, inv)+1, found.figures)
		switch d := slices.Index(results, found.result) - slices.Index(results, worst.result); {
		case d > 0:
			worst = found
		case d == 0:
			worst.figures += "; " + found.figures
		}
	}
	if worst.result == "" {
		worst.result = NotSeen
	}
	return worst
}

// checkResponse compares no two clocks. The call began before Lambda's
// platform.start. So the caller had the response before the hooks had finished if
// its wait was shorter than the time from platform.start to their record.
func (inv *invocation) checkResponse() finding {
	const (
		rounding     = time.Millisecond // of times in the log
		recognisable = time.Second      // hooks this long are not the way to the caller
	)
	took := inv.hooks.time.Sub(inv.start.time)
	responded := inv.hooks.milliseconds(record.ResponseMs)
	cold := lambdalog.Milliseconds(inv.end.platform.Metrics.InitDurationMs)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	figures := fmt.Sprintf("response after %.1f ms, hooks finished %.1f ms after the start", ms(inv.Latency), ms(took))
	switch {
	case responded == 0: // hooks run before a panic is reported
		return notSeen("hooks did not follow a response, as after a panic or a timeout")
	case inv.Latency < took-rounding:
		return passed("%s", figures)
	case took-responded < recognisable, inv.Latency-cold < took-rounding:
		return notSeen("%s; the caller may have waited for the network or the cold start: "+
			"give the function an event such as {\"sleepMs\":3000}", figures)
	}
	return failed("%s", figures)
}

// measurable is how many milliseconds hooks must take for a difference from
// what Lambda measures to mean something.
const measurable = 100

func (inv *invocation) checkBilled() finding {
	billed, init := inv.end.platform.Metrics.BilledDurationMs, inv.end.platform.Metrics.InitDurationMs
	handler, hooks := inv.hooks.number(record.HandlerMs), inv.hooks.number(record.HooksMs)
	figures := fmt.Sprintf("%.0f ms billed, handler %.1f ms, hooks %.1f ms", billed, handler, hooks)
	switch {
	case billed == 0:
		return notSeen("its platform.report has no billed duration")
	case hooks < measurable:
		return notSeen("%s: too short to compare", figures)
	case billed < handler+hooks-1: // the clocks of two machines
		return failed("%s", figures)
	case billed-init < handler+hooks-1:
		return notSeen("%s; it may be the init of %.0f ms that is billed", figures, init)
	}
	return passed("%s", figures)
}

func (r *run) checkMetric(ctx context.Context) finding {
	var hooks float64
	withHooks := r.withHooks()
	for _, inv := range withHooks {
		hooks = max(hooks, inv.hooks.number(record.HooksMs))
	}
	if r.err != nil || len(withHooks) == 0 {
		return notSeen("there were no hooks, or the run ended before it was looked for")
	}
	r.cfg.Progress("reading the metrics of " + r.target.function)
	most, samples, err := r.account.postRuntime(ctx, r.target,
		r.invocations[0].start.time, r.invocations[len(r.invocations)-1].end.time)
	figures := fmt.Sprintf("%.1f ms at most in %d invocations, hooks took %.1f ms", most, samples, hooks)
	switch {
	case err != nil:
		return notSeen("%v", err)
	case samples < len(r.invocations): // it may lack the one with the longest hooks
		return notSeen("CloudWatch has %d of %d invocations so far; metrics come some minutes after them",
			samples, len(r.invocations))
	case samples > len(r.invocations):
		return notSeen("CloudWatch has %d invocations in these minutes, of which %d are of this run",
			samples, len(r.invocations))
	case hooks < measurable:
		return notSeen("%s: too short to compare", figures)
	// The metric begins when the runtime requested the next event, a moment
	// after the response, from which the hooks count. With a small share of a
	// processor that moment may take some milliseconds.
	case most < hooks*0.9 && most < hooks-50:
		return failed("%s", figures)
	}
	return passed("%s", figures)
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

// lineOfExample is what the example function prints at the end of a hook.
const lineOfExample = "second on complete"

func (r *run) checkShutdown() finding {
	hooks := r.shutdownHooks
	switch {
	case hooks == nil && (r.environment == nil || r.err != nil):
		return r.noShutdown()
	case hooks == nil && !r.logHas(func(l *line) bool { return l.text == lineOfExample || l.message == lineOfExample }):
		return notSeen("their record did not come, and only of the example it is known that there are any")
	case hooks == nil:
		return failed("the extension's record came, that of the shutdown hooks did not")
	}
	printed := 0
	for _, l := range r.end {
		if l.source == lambdaenv.Function && !strings.HasPrefix(l.message, "postinvoke: ") {
			printed++
		}
	}
	unsuccessful := hooks.number(record.Failures) + hooks.number(record.Abandoned)
	figures := fmt.Sprintf("%.0f in %.1f of %.0f ms, lines printed: %d", hooks.number(record.HookCount),
		hooks.number(record.HooksMs), hooks.number(record.BudgetMs), printed)
	switch {
	case unsuccessful > 0:
		return failed("%s, %.0f failed or were abandoned", figures, unsuccessful)
	case printed == 0:
		return notSeen("%s, so none that could have been lost", figures)
	}
	return passed("%s", figures)
}

func (r *run) checkReason() finding {
	end := r.environment
	switch {
	case end == nil && (r.shutdownHooks == nil || r.err != nil):
		return r.noShutdown()
	case end == nil && !r.logHas(func(l *line) bool { return l.fields[record.Layer] == "true" }):
		return notSeen("the function does not say that it has the layer")
	case end == nil:
		return failed("its record did not come within %v of the other", r.cfg.Pace.Grace)
	}
	idle := "an unknown time" // it is not reported of a function that does not use the library
	if end.fields[record.IdleMs] != "" {
		idle = end.milliseconds(record.IdleMs).Round(time.Millisecond).String()
	}
	return passed("%s, after %s idle and %s in all", r.reason(), idle,
		end.milliseconds(record.LifetimeMs).Round(time.Millisecond))
}

// logHas reports whether a line of our environments is like that.
func (r *run) logHas(like func(*line) bool) bool { return slices.ContainsFunc(r.ordered(), like) }
