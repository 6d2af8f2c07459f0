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

// update records all that is known up to the end of an invocation, or all of
// it, without what belongs to the end of the environment.
func (r *run) update(until *invocation) {
	r.match()
	for _, inv := range r.invocations {
		if !inv.recorded && inv.start != nil {
			var handler time.Duration
			if inv.hooks != nil {
				handler = inv.hooks.milliseconds(record.HandlerMs)
			}
			r.clock.update(inv.sent, inv.got, inv.start.time, handler)
		}
	}
	var end []*line
	if r.shutdown != nil {
		end = r.linesOfEnd()
	}
	var entries []lambdaenv.Entry
	environments := map[string]*environment{}
	for _, l := range r.ordered() {
		if slices.Contains(end, l) {
			continue
		}
		if environments[l.stream] == nil {
			environments[l.stream] = &environment{}
		}
		inferred := environments[l.stream].entries(l)
		if !l.recorded {
			l.recorded = true
			entries = append(entries, inferred...)
		}
		r.reset = environments[l.stream].reset
		if until != nil && l == until.end {
			break
		}
	}
	var finished []*invocation
	for _, inv := range r.invocations {
		if !inv.recorded {
			inv.recorded = true
			entries = r.withCaller(inv, entries)
			copied := *inv
			finished = append(finished, &copied)
		}
	}
	r.record(entries, finished)
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

// withCaller adds what the caller of an invocation did and got, on Lambda's
// clock: before and after all else at the same time.
func (r *run) withCaller(inv *invocation, entries []lambdaenv.Entry) []lambdaenv.Entry {
	sent, got := inv.sent.Add(r.clock.skew()), inv.got.Add(r.clock.skew())
	if start := inv.start; start != nil { // whose time is rounded down
		if start.time.Before(sent) {
			sent = start.time
		}
		if start.time.After(got) {
			got = start.time
		}
	}
	called := lambdaenv.Entry{Time: sent, Source: lambdaenv.Caller, Kind: recording.Called, Text: string(r.cfg.Event)}
	responded := lambdaenv.Entry{
		Time: got, Source: lambdaenv.Caller, Kind: lambdaenv.Responded,
		RequestID: inv.RequestID, Text: inv.FunctionError,
	}
	return append(slices.Insert(entries, 0, called), responded)
}

// recordEnd records the end of the environment, if there was one, and of the
// recording.
func (r *run) recordEnd() {
	if r.about.Began.IsZero() {
		return // nothing happened
	}
	var report *lambdaenv.ShutdownReport
	if s := r.shutdown; s != nil {
		lines := r.linesOfEnd()
		first, last := lines[0].time, lines[len(lines)-1].time
		report = &lambdaenv.ShutdownReport{Reason: "unknown", Took: last.Sub(first)}
		if s.environment != nil {
			report.Reason = s.environment.fields[record.Reason]
		}
		entry := func(at time.Time, source lambdaenv.Source, kind lambdaenv.Kind, text string) lambdaenv.Entry {
			return lambdaenv.Entry{Time: at, Source: source, Kind: kind, Text: text}
		}
		entries := []lambdaenv.Entry{
			entry(first, lambdaenv.Platform, lambdaenv.ShutdownBegan, report.Reason),
			entry(first, lambdaenv.Platform, lambdaenv.Thawed, "the processes continue"),
		}
		if s.hooks != nil {
			report.Runtime = s.hooks.time.Sub(first)
			entries = append(entries, entry(first, lambdaenv.Function, lambdaenv.Signaled, "SIGTERM"))
		}
		for _, l := range lines {
			entries = append(entries, l.entry(""))
		}
		r.record(append(entries, entry(last, lambdaenv.Platform, lambdaenv.ShutdownDone, "nothing is left")), nil)
	}
	r.updates <- func(rec *recording.Recorder) { rec.Ended(report) }
}

// record passes entries, and invocations that have ended, to the recorder. It
// keeps the invocations.
func (r *run) record(entries []lambdaenv.Entry, finished []*invocation) {
	if len(entries) == 0 {
		return
	}
	slices.SortStableFunc(entries, func(a, b lambdaenv.Entry) int { return a.Time.Compare(b.Time) })
	if r.about.Began.IsZero() {
		r.about = r.describe(entries[0].Time)
	}
	// A line that comes later than all that waited for it has the time at which
	// it came.
	for i, e := range entries {
		if e.Time.After(r.recorded) {
			r.recorded = e.Time
		}
		entries[i].Time = r.recorded
	}
	r.updates <- func(rec *recording.Recorder) {
		for _, e := range entries {
			rec.Observe(e)
			if e.Kind == lambdaenv.Responded {
				i := slices.IndexFunc(finished, func(inv *invocation) bool { return inv.RequestID == e.RequestID })
				rec.Answer(&finished[i].Response)
			}
		}
		for _, inv := range finished {
			if inv.end != nil {
				rec.Invoked(&inv.Response, inv.report())
			}
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
	if skew := r.clock.skew().Abs(); skew >= noticeable {
		about.Intro = append(about.Intro, fmt.Sprintf("Times are those of Lambda's clock, "+
			"which this machine's differs from by about %v.", skew.Round(noticeable)))
	}
	return about
}
