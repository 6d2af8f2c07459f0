package awsrun

import (
	"cmp"
	"slices"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// A story is what was told of the environments so far.
type story struct {
	starting map[string]bool // environments in their Init phase, by stream
	awake    map[string]bool // those that are not frozen
	reset    bool            // the invocation told last ended its environment
	last     time.Time
}

func newStory() story { return story{starting: map[string]bool{}, awake: map[string]bool{}} }

// ordered returns the lines of our environments in the order in which they were
// printed, as far as the log tells.
func (p *play) ordered() []*line {
	first := map[string]*call{}
	for _, c := range p.calls {
		if c.start != nil && first[c.start.stream] == nil {
			first[c.start.stream] = c
		}
	}
	var lines []*line
	for _, l := range p.log.lines {
		if first[l.stream] != nil {
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, (*line).compare)
	// What an environment did before our first invocation is of interest only
	// if it was started for that.
	used, begun := map[string]bool{}, map[string]bool{}
	for _, l := range lines {
		if begun[l.stream] = begun[l.stream] || l == first[l.stream].start; !begun[l.stream] && l.kind == "report" {
			used[l.stream] = true
		}
	}
	clear(begun)
	return slices.DeleteFunc(lines, func(l *line) bool {
		begun[l.stream] = begun[l.stream] || l == first[l.stream].start
		return used[l.stream] && !begun[l.stream]
	})
}

// tell has the recorder told of all that is known up to the end of c, or of all
// there is.
func (p *play) tell(c *call) {
	p.recognise()
	p.learn()
	var entries []lambdaenv.Entry
	request := map[string]string{} // in progress, by stream
	end := p.end()
	for _, l := range p.ordered() {
		if l.kind == "start" {
			request[l.stream] = l.requestID
		}
		if !l.told && !slices.Contains(end, l) {
			l.told = true
			entries = p.infer(entries, l, request[l.stream])
		}
		if l.kind == "report" {
			delete(request, l.stream)
		}
		if c != nil && l == c.end {
			break
		}
	}
	var over []outcome
	for _, c := range p.calls {
		if c.told {
			continue
		}
		entries = p.callers(entries, c)
		c.told = true
		o := outcome{response: &c.Response}
		if c.end != nil {
			o.report = c.report()
		}
		over = append(over, o)
	}
	p.pass(entries, over)
}

// learn has the clock learn from the invocations that are not told yet.
func (p *play) learn() {
	for _, c := range p.calls {
		if c.told || c.start == nil {
			continue
		}
		var handler time.Duration
		if c.hooks != nil {
			handler = millis(c.hooks.number(record.HandlerMs))
		}
		p.clock.learn(c.asked, c.got, c.start.time, handler)
	}
}

// infer adds a line, and what must have happened before and after it though the
// log does not say so.
func (p *play) infer(entries []lambdaenv.Entry, l *line, request string) []lambdaenv.Entry {
	add := func(kind lambdaenv.Kind, at time.Time, text string) {
		entries = append(entries, lambdaenv.Entry{Time: at, Source: lambdaenv.Platform, Kind: kind, RequestID: cmp.Or(l.requestID, request), Text: text})
	}
	switch {
	case l.kind == "initStart":
		add(lambdaenv.InitStarted, l.time, "init")
		p.story.starting[l.stream] = true
	case l.kind == "start":
		switch {
		case p.story.starting[l.stream]:
			add(lambdaenv.InitDone, l.time, "everyone asked for the next event")
		case !p.story.awake[l.stream]:
			add(lambdaenv.Thawed, l.time, "the processes continue")
		}
		p.story.starting[l.stream], p.story.awake[l.stream], p.story.reset = false, true, false
	case l.kind == "report":
		for _, span := range l.platform.Spans {
			if span.Name == "extensionOverhead" && span.Start.Before(l.time) {
				add(lambdaenv.RuntimeDone, span.Start, "the runtime asked for the next event")
			}
		}
		add(lambdaenv.Idle, l.time, "everyone asked for the next event")
	}
	entries = append(entries, l.entry(request))
	switch {
	case l.kind == "start":
		add(lambdaenv.Invoked, l.time, "the event was handed to the runtime")
	case l.kind == "report" && !p.story.reset:
		add(lambdaenv.Frozen, l.time, "the processes are stopped")
		p.story.awake[l.stream] = false
	case l.message == record.Environment && request != "":
		add(lambdaenv.Reset, l.time, l.reason())
		p.story.reset = true
	}
	return entries
}

// callers adds what the caller of c did and got, on Lambda's clock.
func (p *play) callers(entries []lambdaenv.Entry, c *call) []lambdaenv.Entry {
	asked, got := c.asked.Add(p.clock.skew()), c.got.Add(p.clock.skew())
	if c.start != nil { // whose time is rounded down
		asked, got = earlier(asked, c.start.time), later(got, c.start.time)
	}
	return append([]lambdaenv.Entry{{Time: asked, Source: lambdaenv.Caller, Kind: recording.Called, Text: string(p.cfg.Event)}},
		append(entries, lambdaenv.Entry{Time: got, Source: lambdaenv.Caller, Kind: lambdaenv.Responded, RequestID: c.RequestID, Text: c.FunctionError})...)
}

// An outcome is what came of a call. It is the recorder's, and the play does not
// touch it any more.
type outcome struct {
	response *lambdaenv.Response
	report   *lambdaenv.Report // nil if the log does not have it
}

// pass has the recorder told of entries, and of invocations that are over.
func (p *play) pass(entries []lambdaenv.Entry, over []outcome) {
	if len(entries) == 0 {
		return
	}
	slices.SortStableFunc(entries, func(a, b lambdaenv.Entry) int { return a.Time.Compare(b.Time) })
	if p.as.Began.IsZero() {
		p.as = p.about(entries[0].Time)
	}
	// A line that came after all who waited for it is told when it came.
	for i, e := range entries {
		p.story.last = later(p.story.last, e.Time)
		entries[i].Time = p.story.last
	}
	p.happened <- func(r *recording.Recorder) {
		for _, e := range entries {
			r.Observe(e)
			if e.Kind == lambdaenv.Responded {
				r.Answer(responseTo(e.RequestID, over))
			}
		}
		for _, o := range over {
			if o.report != nil {
				r.Invoked(o.response, o.report)
			}
		}
	}
}

// responseTo returns the response to a request.
func responseTo(requestID string, over []outcome) *lambdaenv.Response {
	for _, o := range over {
		if o.response.RequestID == requestID {
			return o.response
		}
	}
	return nil
}

// report is the platform's report as the local environment gives it.
func (c *call) report() *lambdaenv.Report {
	m := c.end.platform.Metrics
	r := &lambdaenv.Report{
		RequestID:   c.RequestID,
		Status:      c.end.platform.Status,
		Duration:    millis(m.DurationMs),
		Billed:      millis(m.BilledDurationMs),
		Init:        millis(m.InitDurationMs),
		MaxMemoryMB: m.MaxMemoryUsedMB,
		HandedOver:  c.start.time,
		Idle:        c.end.time,
	}
	if c.hooks != nil && c.hooks.number(record.ResponseMs) > 0 {
		r.Responded = c.start.time.Add(millis(c.hooks.number(record.ResponseMs)))
	}
	for _, span := range c.end.platform.Spans {
		if span.Name == "extensionOverhead" {
			r.RuntimeDone, r.Idle = span.Start, span.Start.Add(millis(span.DurationMs))
		}
	}
	return r
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
