package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// timeline returns what happened in a recording up to the time now, in the order
// in which it began.
func timeline(r *recording.Recording, now time.Duration) []*span {
	t := tracker{goroutineOnly: r.GoroutineOnly, debug: r.ForTimeline, reports: map[string]*lambdaenv.Report{}}
	for i := range r.Invocations {
		t.reports[r.Invocations[i].Report.RequestID] = &r.Invocations[i].Report
	}
	for i := range r.Moments {
		t.follow(&r.Moments[i])
	}
	t.finish(now)
	slices.SortStableFunc(t.spans, func(a, b *span) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.Lane, b.Lane))
	})
	return t.spans
}

// A tracker follows a recording and adds a span for what begins. It works with
// moments missing: on AWS nothing shows when an environment is frozen.
type tracker struct {
	spans   []*span
	hooks   hookState // of the invocation in progress
	thawing *span     // a frozen stretch that has ended, until what follows is known
	stopped []*span   // work of goroutines that a freeze has stopped
	reports map[string]*lambdaenv.Report

	goroutineOnly bool // the function is demo/goroutine, whose goroutine does what hooks do
	debug         bool // each hook is logged
	idle          bool // the last invocation has ended, and nothing has happened since
	env           environment
}

// An environment is what is known of the one that was started last.
type environment struct {
	library   bool // the library has logged something
	extension bool // it has the extension
	served    bool // it has served an invocation
	reset     bool // a reset has ended it
}

func (t *tracker) add(s *span) *span {
	t.spans = append(t.spans, s)
	return s
}

func (t *tracker) begin(l lane, k kind, name string, at time.Duration, detail string) *span {
	return t.add(&span{Lane: l, Kind: k, Name: name, from: at, to: at, Open: true, Detail: detail})
}

// mark adds something that takes no time.
func (t *tracker) mark(l lane, name string, at time.Duration, detail string) *span {
	return t.add(&span{Lane: l, Kind: event, Name: name, from: at, to: at, Detail: detail})
}

// last returns the last span for which the condition holds, or nil.
func (t *tracker) last(is func(*span) bool) *span {
	for _, s := range slices.Backward(t.spans) {
		if is(s) {
			return s
		}
	}
	return nil
}

// open returns what happens in the lane now, or nil.
func (t *tracker) open(l lane, k kind) *span {
	return t.last(func(s *span) bool { return s.Open && s.Lane == l && s.Kind == k })
}

// end ends what happens in the lane, if anything, and returns it.
func (t *tracker) end(l lane, k kind, at time.Duration) *span {
	s := t.open(l, k)
	if s != nil {
		s.end(at)
	}
	return s
}

func (t *tracker) follow(m *recording.Moment) {
	at := m.Since
	switch m.Kind {
	case lambdaenv.Line:
		t.line(m)
	case lambdaenv.InitStarted:
		t.thaw(at)
		t.hooksUnknown()
		t.hooks = hookState{}
		t.env = environment{}
		init := t.begin(platform, starting, "init", at, "Lambda starts the processes: the Init phase of a cold start.")
		init.request = m.RequestID
		t.begin(function, starting, "init", at, "The function's process starts.")
	case lambdaenv.InitDone:
		for _, l := range []lane{platform, function, extension, others} {
			t.end(l, starting, at)
		}
	case recording.Called:
		t.drop(t.open(caller, waiting)) // the recording lacks its response
		t.begin(caller, waiting, "waits", at, "The caller has invoked the function and waits.")
	case lambdaenv.Invoked:
		t.thaw(at)
		t.env.served = true
		t.hooks = hookState{request: m.RequestID}
		t.begin(platform, serving, "invocation", at, "").request = m.RequestID
		t.begin(function, handling, "handler and answer", at, "").request = m.RequestID
	case lambdaenv.Responded:
		t.responded(m)
	case lambdaenv.Idle:
		t.invocationEnded(at)
	case lambdaenv.Frozen:
		t.freeze(at)
	case lambdaenv.Thawed:
		t.thaw(at)
	case lambdaenv.Reset:
		t.environmentReset(m)
	case lambdaenv.ShutdownBegan:
		t.shutdown(m)
	case lambdaenv.Signaled:
		t.signaled(m)
	case lambdaenv.Exited:
		t.exited(m)
	case lambdaenv.ShutdownDone:
		for _, l := range []lane{platform, function, extension} {
			t.end(l, ending, at)
		}
		t.idle = false
	}
}

// line reads what is known from the log only.
func (t *tracker) line(m *recording.Moment) {
	init := t.open(function, starting)
	switch {
	case m.IsOthers():
		if init != nil && t.open(others, starting) == nil {
			t.begin(others, starting, "init", init.from,
				"The other extensions start, before the function, and register.")
		}
		t.mark(others, m.Name, m.Since, m.Text)
	case m.Source == lambdaenv.Extension, m.Source == lambdaenv.Platform && isExternal(m.Text):
		t.extensionRecord(m)
		if !t.env.extension && init != nil {
			t.begin(extension, starting, "init", init.from, "The extension starts, before the function, and registers.")
		}
		t.env.extension = true
	case m.Source == lambdaenv.Function && t.goroutineOnly:
		t.goroutineLine(m)
	case m.Source == lambdaenv.Function:
		t.libraryRecord(m)
	}
}

// isExternal reports whether a line of the platform is about the extension in
// our layer. The library's own, inside the function, has that name as well, but
// not that event: internal extensions may not register for it.
func isExternal(text string) bool {
	return (strings.HasPrefix(text, "EXTENSION\t") || strings.Contains(text, `"type":"platform.extension"`)) &&
		(strings.Contains(text, "Name: "+recording.OwnExtension+"\t") ||
			strings.Contains(text, `"name":"`+recording.OwnExtension+`"`)) &&
		strings.Contains(text, "SHUTDOWN")
}

func (t *tracker) responded(m *recording.Moment) {
	failed := m.Response != nil && m.Response.FunctionError != ""
	if s := t.end(caller, waiting, m.Since); s != nil {
		s.Failed, s.request = failed, m.RequestID
		s.byPlatform = t.hooks.ended != nil
		switch {
		case m.Response == nil:
			s.Name = "has no answer after " + length(s.length())
		case failed:
			s.Name = "has an error after " + recording.Milliseconds(m.Response.Latency)
		default:
			s.Name = "has the response after " + recording.Milliseconds(m.Response.Latency)
		}
		s.Detail = "The caller " + s.Name + ", and does not wait for what follows."
	}
	s := t.end(function, handling, m.Since)
	if s == nil {
		return
	}
	s.Failed = failed
	s.Detail = fmt.Sprintf("The handler runs, and its answer is sent to the caller: %s for both.", length(s.length()))
	if t.hooks.beforeError {
		s.Name = "handler, hooks, then the error"
		s.Detail = fmt.Sprintf("The handler panicked, its hooks ran, and then the error was sent to the caller: "+
			"%s in all.",
			length(s.length()))
	}
	if t.open(platform, serving) != nil { // a crash ends it before Lambda answers
		t.hooks.running, t.hooks.since = !t.hooks.reported, m.Since
	}
}

func (t *tracker) invocationEnded(at time.Duration) {
	t.hooks.running, t.hooks.request = false, ""
	if s := t.end(platform, serving, at); s != nil {
		s.Detail = fmt.Sprintf("From the event until all are done with it, hooks included: %s.", length(s.length()))
		if r := t.reports[s.request]; r != nil {
			s.Detail += fmt.Sprintf(" Lambda reports %.2f ms and bills %d ms%s.",
				inMs(r.Duration), r.Billed.Milliseconds(), t.initIncluded(s, r))
		}
	}
	t.end(function, handling, at)
	t.idle = true
}

// initIncluded explains why Lambda bills more than the invocation took.
func (t *tracker) initIncluded(s *span, r *lambdaenv.Report) string {
	within := t.last(func(init *span) bool {
		return init.Kind == starting && init.request != "" && init.request == s.request
	})
	if within != nil || r.Init > 0 {
		return ", the Init phase before it included"
	}
	return ""
}

// finish extends what has not ended to the end of the recording.
func (t *tracker) finish(now time.Duration) {
	t.hooksUnknown()
	if t.hooks.running {
		t.begin(hooks, hooking, "hooks run", t.hooks.since, "The response is sent, and hooks run.")
	}
	if t.idle {
		t.freeze(t.lastEnd())
	}
	for _, s := range t.spans {
		if !s.Open {
			continue
		}
		s.to = max(s.from, now)
		switch s.Kind {
		case frozen:
			s.Detail = fmt.Sprintf("The environment is frozen, so far for %s: none of its code runs, "+
				"and nothing is billed.",
				length(s.length()))
		case handling:
			s.Detail = "The handler runs."
		case serving:
			s.Detail = "The invocation continues."
		}
	}
}
