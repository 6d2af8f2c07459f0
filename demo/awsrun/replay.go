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

// record records all that is known up to the end of an invocation, or all of it.
func (r *run) record(until *invocation) {
	var entries []lambdaenv.Entry
	environments := map[string]*environment{}
	for _, l := range r.ordered() {
		env := environments[l.stream]
		if env == nil {
			env = &environment{}
			environments[l.stream] = env
		}
		inferred := env.entries(l)
		if len(r.end) > 0 && l == r.end[0] {
			inferred = slices.Concat(r.beginShutdown(l), inferred)
		}
		if !l.recorded {
			l.recorded = true
			entries = append(entries, inferred...)
		}
		r.reset = env.reset
		if until != nil && l == until.end {
			break
		}
	}
	var finished []*invocation
	for _, inv := range r.invocations {
		if !inv.recorded {
			inv.recorded = true
			entries = append(entries, r.callerOf(inv)...)
			finished = append(finished, inv)
		}
		if inv == until {
			break
		}
	}
	r.observe(entries, finished)
}

// entries returns a line as an entry, and what must have happened before and
// after it though it is not in the log.
func (e *environment) entries(l *line) []lambdaenv.Entry {
	var entries []lambdaenv.Entry
	add := func(kind lambdaenv.Kind, at time.Time, text string) {
		entries = append(entries, lambdaenv.Entry{
			Time: at, Source: lambdaenv.Platform, Kind: kind, RequestID: cmp.Or(l.requestID, e.request), Text: text,
		})
	}
	line := func() { entries = append(entries, l.entry(e.request)) }
	const allRequested = "function and extensions have requested the next event"
	switch {
	case l.platform.Kind == "initStart":
		add(lambdaenv.InitStarted, l.time, "init")
		line()
		e.init = true
	case l.platform.Kind == "start":
		e.request = l.requestID
		switch {
		case e.init:
			add(lambdaenv.InitDone, l.time, allRequested)
		case !e.awake:
			add(lambdaenv.Thawed, l.time, "the processes continue")
		}
		line()
		add(lambdaenv.Invoked, l.time, "the event was handed to the runtime")
		e.init, e.awake, e.reset = false, true, false
	case l.platform.Kind == "report":
		if span := l.platform.AfterRuntime(); span != nil && span.Start.Before(l.time) {
			add(lambdaenv.RuntimeDone, span.Start, "the runtime requested the next event")
		}
		add(lambdaenv.Idle, l.time, allRequested)
		line()
		if !e.reset {
			add(lambdaenv.Frozen, l.time, "the processes are stopped")
			e.awake = false
		}
		e.request = ""
	case l.message == record.Environment && e.request != "":
		line()
		add(lambdaenv.Reset, l.time, l.fields[record.Reason])
		e.reset = true
	default:
		line()
	}
	return entries
}

// callerOf returns what the caller of an invocation did and got, on Lambda's
// clock. The call comes before its platform.start, whose time is rounded down.
func (r *run) callerOf(inv *invocation) []lambdaenv.Entry {
	sent, got := inv.sent.Add(inv.skew()), inv.got.Add(inv.skew())
	if inv.start != nil && !sent.Before(inv.start.time) {
		sent = inv.start.time.Add(-1)
	}
	return []lambdaenv.Entry{
		{Time: sent, Source: lambdaenv.Caller, Kind: recording.Called, Text: string(r.cfg.Event)},
		{Time: got, Source: lambdaenv.Caller, Kind: lambdaenv.Responded, RequestID: inv.RequestID, Text: inv.FunctionError},
	}
}

// skew estimates how far Lambda's clock is ahead of ours. The times of the log
// are Lambda's, those of the caller ours, and both are shown in one column.
//
// The function cannot start before the call, or have responded after the answer:
// that leaves an interval in which the difference must be. When zero is in it, the
// clocks are taken to agree.
func (inv *invocation) skew() time.Duration {
	if inv.start == nil {
		return 0
	}
	var handler time.Duration
	if inv.hooks != nil {
		handler = inv.hooks.milliseconds(record.HandlerMs)
	}
	least := inv.start.time.Add(handler).Sub(inv.got)
	most := inv.start.time.Add(time.Millisecond).Sub(inv.sent) // the log is rounded down to milliseconds
	if least <= 0 && most >= 0 {
		return 0
	}
	return (least + most) / 2
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
func (r *run) beginShutdown(first *line) []lambdaenv.Entry {
	entries := []lambdaenv.Entry{
		{Time: first.time, Source: lambdaenv.Platform, Kind: lambdaenv.ShutdownBegan, Text: r.reason()},
		{Time: first.time, Source: lambdaenv.Platform, Kind: lambdaenv.Thawed, Text: "the processes continue"},
	}
	if r.shutdownHooks != nil {
		entries = append(entries,
			lambdaenv.Entry{Time: first.time, Source: lambdaenv.Function, Kind: lambdaenv.Signaled, Text: "SIGTERM"})
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
	first, last := r.end[0].time, r.end[len(r.end)-1].time
	report := &lambdaenv.ShutdownReport{Reason: r.reason(), Took: last.Sub(first)}
	if r.shutdownHooks != nil {
		report.Runtime = r.shutdownHooks.time.Sub(first)
	}
	r.recorder.Observe(lambdaenv.Entry{
		Time: r.recorded, Source: lambdaenv.Platform, Kind: lambdaenv.ShutdownDone, Text: "nothing is left",
	})
	r.recorder.Ended(report)
}

// observe passes entries, and invocations that have ended, to the recorder.
func (r *run) observe(entries []lambdaenv.Entry, finished []*invocation) {
	if len(entries) == 0 {
		return
	}
	slices.SortStableFunc(entries, func(a, b lambdaenv.Entry) int { return a.Time.Compare(b.Time) })
	if r.recorder == nil {
		r.recorder = r.cfg.NewRecorder(r.describe(entries[0].Time))
	}
	for _, e := range entries {
		// A line that comes later than all that waited for it has the time at which
		// it came.
		if e.Time.After(r.recorded) {
			r.recorded = e.Time
		}
		e.Time = r.recorded
		r.recorder.Observe(e)
		if e.Kind == lambdaenv.Responded {
			i := slices.IndexFunc(finished, func(inv *invocation) bool { return inv.RequestID == e.RequestID })
			r.recorder.Answer(&finished[i].Response)
		}
	}
	for _, inv := range finished {
		if inv.end != nil {
			r.recorder.Invoked(&inv.Response, inv.report())
		}
	}
}

// report is the platform's report as the local environment gives it.
func (inv *invocation) report() *lambdaenv.Report {
	m := inv.end.platform.Metrics
	r := &lambdaenv.Report{
		RequestID:   inv.RequestID,
		Status:      inv.end.platform.Status,
		Duration:    lambdalog.Milliseconds(m.DurationMs),
		Billed:      lambdalog.Milliseconds(m.BilledDurationMs),
		Init:        lambdalog.Milliseconds(m.InitDurationMs),
		MaxMemoryMB: m.MaxMemoryUsedMB,
		HandedOver:  inv.start.time,
		Idle:        inv.end.time,
	}
	if inv.hooks != nil && inv.hooks.number(record.ResponseMs) > 0 {
		r.Responded = inv.start.time.Add(inv.hooks.milliseconds(record.ResponseMs))
	}
	if span := inv.end.platform.AfterRuntime(); span != nil {
		r.RuntimeDone, r.Idle = span.Start, span.Start.Add(lambdalog.Milliseconds(span.DurationMs))
	}
	return r
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
	if r.several {
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
