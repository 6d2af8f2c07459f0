package awsrun

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// The log of a function becomes the entries that a local environment would have
// logged: its lines, and what must have happened before and after them.

// An environment is the state of one while its lines are read.
type environment struct {
	request string // in progress
	init    bool   // in its Init phase
	awake   bool   // not frozen
	reset   bool   // ended by the last invocation
}

// record records an invocation with all lines up to its end, or for nil all that
// is left.
func (r *run) record(inv *invocation) {
	var entries []lambdaenv.Entry
	var env environment
	for _, l := range r.ordered() {
		inferred := env.entries(l)
		if len(r.end) > 0 && l == r.end[0] {
			inferred = slices.Concat(r.beginShutdown(l.time), inferred)
		}
		if !l.recorded {
			l.recorded = true
			entries = append(entries, inferred...)
		}
		if inv != nil && l == inv.end {
			break
		}
	}
	r.reset = env.reset
	if inv != nil {
		inv.recorded = true
		entries = append(entries, r.callerOf(inv)...)
	}
	slices.SortStableFunc(entries, func(a, b lambdaenv.Entry) int { return a.Time.Compare(b.Time) })
	if r.recorder == nil {
		r.recorder = r.cfg.NewRecorder(r.describe(entries[0].Time))
	}
	for _, e := range entries {
		// A line that comes after later ones were recorded has the time of the last.
		if e.Time.After(r.recorded) {
			r.recorded = e.Time
		}
		e.Time = r.recorded
		r.recorder.Observe(e)
		if e.Kind == lambdaenv.Responded {
			r.recorder.Answer(&inv.Response)
		}
	}
	if inv != nil && inv.end != nil {
		r.recorder.Invoked(&inv.Response, inv.report())
	}
}

// entries returns a line as an entry, and what must have happened before and
// after it though it is not in the log.
func (e *environment) entries(l *line) []lambdaenv.Entry {
	var entries []lambdaenv.Entry
	add := func(kind lambdaenv.Kind, text string) {
		entries = append(entries, lambdaenv.Entry{
			Time: l.time, Source: lambdaenv.Platform, Kind: kind, RequestID: cmp.Or(l.requestID, e.request), Text: text,
		})
	}
	line := func() { entries = append(entries, l.entry(e.request)) }
	const allRequested = "function and extensions have requested the next event"
	switch {
	case l.platform.Kind == "initStart":
		add(lambdaenv.InitStarted, "init")
		line()
		e.init = true
	case l.platform.Kind == "start":
		e.request = l.requestID
		switch {
		case e.init:
			add(lambdaenv.InitDone, allRequested)
		case !e.awake:
			add(lambdaenv.Thawed, "the processes continue")
		}
		line()
		add(lambdaenv.Invoked, "the event was handed to the runtime")
		e.init, e.awake, e.reset = false, true, false
	case l.platform.Kind == "report":
		add(lambdaenv.Idle, allRequested)
		line()
		if !e.reset {
			add(lambdaenv.Frozen, "the processes are stopped")
			e.awake = false
		}
		e.request = ""
	case l.message == record.Environment && e.request != "":
		line()
		add(lambdaenv.Reset, l.fields[record.Reason])
		e.reset = true
	default:
		line()
	}
	return entries
}

// callerOf returns what the caller of an invocation did and got, on Lambda's
// clock. The call comes before its platform.start, whose time is rounded down.
func (r *run) callerOf(inv *invocation) []lambdaenv.Entry {
	sent := inv.sent.Add(inv.skew())
	got := sent.Add(inv.Latency)
	if inv.start != nil && !sent.Before(inv.start.time) {
		sent = inv.start.time.Add(-1)
	}
	return []lambdaenv.Entry{
		{Time: sent, Source: lambdaenv.Caller, Kind: recording.Called, Text: string(r.cfg.Event)},
		{Time: got, Source: lambdaenv.Caller, Kind: lambdaenv.Responded, RequestID: inv.RequestID, Text: inv.FunctionError},
	}
}

// skew is how far Lambda's clock is at least ahead of ours, or behind. The times
// of the log are Lambda's, those of the caller ours, and both are shown in one
// column. The clocks are taken to agree, unless the function would have started
// before the call or the caller had the response before the handler returned.
func (inv *invocation) skew() time.Duration {
	if inv.start == nil {
		return 0
	}
	var handler time.Duration
	if inv.hooks != nil {
		handler = inv.hooks.milliseconds(record.HandlerMs)
	}
	least := inv.start.time.Add(handler).Sub(inv.sent.Add(inv.Latency))
	most := inv.start.time.Add(time.Millisecond).Sub(inv.sent) // the log is rounded down to milliseconds
	return max(least, min(0, most))
}

// reason is why the environment was shut down.
func (r *run) reason() string {
	if r.environment == nil {
		return "unknown"
	}
	return r.environment.fields[record.Reason]
}

// beginShutdown returns what must have happened before the first line of the
// Shutdown phase.
func (r *run) beginShutdown(at time.Time) []lambdaenv.Entry {
	entries := []lambdaenv.Entry{
		{Time: at, Source: lambdaenv.Platform, Kind: lambdaenv.ShutdownBegan, Text: r.reason()},
		{Time: at, Source: lambdaenv.Platform, Kind: lambdaenv.Thawed, Text: "the processes continue"},
	}
	if r.shutdownHooks != nil {
		entries = append(entries,
			lambdaenv.Entry{Time: at, Source: lambdaenv.Function, Kind: lambdaenv.Signaled, Text: "SIGTERM"})
	}
	return entries
}

// recordEnd records the end of the environment, if there was one, and of the
// recording.
func (r *run) recordEnd() {
	if len(r.end) == 0 {
		r.recorder.Ended(nil)
		return
	}
	r.recorder.Observe(lambdaenv.Entry{
		Time: r.recorded, Source: lambdaenv.Platform, Kind: lambdaenv.ShutdownDone, Text: "nothing is left",
	})
	r.recorder.Ended(&lambdaenv.ShutdownReport{
		Reason: r.reason(), Took: r.end[len(r.end)-1].time.Sub(r.end[0].time),
	})
}

// report is the platform's report as the local environment gives it, as far as it
// is shown.
func (inv *invocation) report() *lambdaenv.Report {
	m := inv.end.platform.Metrics
	return &lambdaenv.Report{
		RequestID: inv.RequestID,
		Status:    inv.end.platform.Status,
		Duration:  lambdalog.Milliseconds(m.DurationMs),
		Billed:    lambdalog.Milliseconds(m.BilledDurationMs),
		Init:      lambdalog.Milliseconds(m.InitDurationMs),
	}
}

// describe returns what is recorded, from then on.
func (r *run) describe(began time.Time) recording.About {
	place := r.account.place()
	about := recording.About{
		Intro: []string{fmt.Sprintf("Running %s of the stack %s %s: %s.",
			r.target.function, r.cfg.Stack, place, recording.Times(r.cfg.Invocations))},
		Place: place,
		Began: began,
	}
	if len(r.account.targets) > 1 {
		about.Name = r.target.name
	}
	if r.account.endpoint != "" {
		about.Intro = append(about.Intro, "AWS_ENDPOINT_URL, one of its kind, or the profile names that endpoint. "+
			"What is seen there is no evidence about AWS.")
	} else if !r.cfg.NoWait {
		about.Intro = append(about.Intro, recording.IdleOnAWS)
	}
	const noticeable = 100 * time.Millisecond
	if skew := r.invocations[0].skew().Abs(); skew >= noticeable {
		about.Intro = append(about.Intro, fmt.Sprintf("Times are those of Lambda's clock, "+
			"which this machine's differs from by about %v.", skew.Round(noticeable)))
	}
	return about
}
