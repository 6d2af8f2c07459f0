package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// timeline returns what happened in a recording up to the time now, in the order
// in which it began.
func timeline(r *recording.Recording, now time.Duration) []*span {
	t := tracker{goroutineOnly: r.GoroutineOnly, debug: r.ForTimeline, invocations: map[string]*recording.Invocation{}}
	for i := range r.Invocations {
		t.invocations[r.Invocations[i].Report.RequestID] = &r.Invocations[i]
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
// moments missing: on AWS nothing shows when a process ends.
type tracker struct {
	spans       []*span
	stopped     []*span // work of goroutines that a freeze has stopped
	invocations map[string]*recording.Invocation

	goroutineOnly bool // the function is demo/goroutine, whose goroutine does what hooks do
	debug         bool // each hook is logged

	// Of the environment that was started last:
	extension bool // it has the extension
	served    bool // it has served an invocation
	hooks     hookState
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
		t.extension, t.served, t.hooks = false, false, hookState{}
		t.begin(platform, starting, "init", at, "Lambda starts the processes: the Init phase of a cold start.")
		t.begin(function, starting, "init", at, "The function's process starts.")
	case lambdaenv.InitDone:
		for _, l := range []lane{platform, function, extension} {
			t.end(l, starting, at)
		}
	case recording.Called:
		t.begin(caller, waiting, "waits", at, "The caller has invoked the function and waits.")
	case lambdaenv.Invoked:
		t.thaw(at)
		t.served = true
		t.hooks = hookState{request: m.RequestID}
		t.begin(platform, serving, "invocation", at, "")
		t.begin(function, handling, "handler and answer", at, "")
	case lambdaenv.Responded:
		t.responded(m)
	case lambdaenv.Idle:
		t.invocationEnded(at)
	case lambdaenv.Frozen:
		if t.served { // not the moment between init and the first invocation
			t.begin(platform, frozen, "frozen", at, "")
			t.stopGoroutines(at)
		}
	case lambdaenv.Thawed:
		t.thaw(at)
	case lambdaenv.Reset:
		t.reset(m)
	case lambdaenv.ShutdownBegan:
		t.end(platform, frozen, at)
		t.begin(platform, ending, "shutdown", at, "The environment is shut down, reason: "+m.Text+".")
		if t.extension {
			t.begin(extension, ending, "shutdown", at, extensionEnds)
		}
	case lambdaenv.Signaled:
		t.signaled(m)
	case lambdaenv.Exited:
		t.exited(m)
	case lambdaenv.ShutdownDone:
		for _, l := range []lane{platform, function, extension} {
			t.end(l, ending, at)
		}
	}
}

// line reads what is known from the log only.
func (t *tracker) line(m *recording.Moment) {
	switch {
	case m.IsOthers():
		t.mark(others, m.Name, m.Since, m.Text)
	case m.Source == lambdaenv.Extension:
		t.extensionRecord(m)
	case m.Source == lambdaenv.Function && t.goroutineOnly:
		t.goroutineLine(m)
	case m.Source == lambdaenv.Function:
		t.libraryRecord(m)
	}
}

func (t *tracker) responded(m *recording.Moment) {
	failed := m.Response != nil && m.Response.FunctionError != ""
	if s := t.end(caller, waiting, m.Since); s != nil {
		s.Failed = failed
		switch {
		case m.Response == nil:
			s.Name = "has no answer after " + recording.Length(s.length())
		case failed:
			s.Name = "has an error after " + recording.Milliseconds(m.Response.Latency)
		default:
			s.Name = "has the response after " + recording.Milliseconds(m.Response.Latency)
		}
		s.Detail = "The caller " + s.Name + ", and does not wait for what follows."
	}
	if s := t.end(function, handling, m.Since); s != nil {
		s.Failed = failed
		s.Detail = fmt.Sprintf("The handler runs, and its answer is sent to the caller: %s for both.",
			recording.Length(s.length()))
		t.hooks.responded, t.hooks.since = true, m.Since
	}
}

func (t *tracker) invocationEnded(at time.Duration) {
	if s := t.end(platform, serving, at); s != nil {
		s.Detail = fmt.Sprintf("From the event until all are done with it, hooks included: %s.", recording.Length(s.length()))
		if inv := t.invocations[t.hooks.request]; inv != nil {
			s.Detail += fmt.Sprintf(" Lambda reports %.2f ms and bills %s", inMs(inv.Report.Duration), inv.Billed())
			if inv.Report.Init > 0 {
				s.Detail += ", the Init phase before it included"
			}
			s.Detail += "."
		}
	}
	t.end(function, handling, at)
}

// finish extends what has not ended to the end of the recording.
func (t *tracker) finish(now time.Duration) {
	if t.hooks.responded && !t.hooks.reported && t.open(platform, serving) != nil {
		s := t.begin(hooks, hooking, "hooks run", t.hooks.since, "The response is sent, and hooks run.")
		if t.hooks.ended > 0 {
			s.end(t.hooks.ended)
		}
	}
	// A shutdown waits for hooks, and a process ends: then it was not really frozen.
	t.spans = slices.DeleteFunc(t.spans, func(s *span) bool {
		return s.Kind == frozen && !s.Open && s.length() < 10*time.Millisecond
	})
	for _, s := range t.spans {
		if s.Open {
			s.to = max(s.from, now)
		}
		switch {
		case s.Kind == frozen:
			s.Detail = "The environment is frozen for " + s.Length() + ": none of its code runs, and nothing is billed."
		case s.Kind == handling && s.Open:
			s.Detail = "The handler runs."
		case s.Kind == serving && s.Open:
			s.Detail = "The invocation continues."
		}
	}
}
