package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// A slot holds what goes on at the moment: one thing of a kind in a lane.
type slot struct {
	lane lane
	kind kind
}

// A tracker follows a recording and notes what begins and what ends. It copes
// with moments that are missing: on AWS nobody tells when an environment is
// frozen.
type tracker struct {
	spans   []*span
	current map[slot]*span
	hooks   hookTracker
	melted  *span // the frozen stretch that has just ended, if it is not known what follows

	plain      bool // nothing but a goroutine does what hooks do
	goroutines goroutineTracker
	reports    map[string]*lambdaenv.Report // of invocations that are over, by request

	served    bool // the environment has served an invocation
	gone      bool // a reset has ended the environment, and none was started since
	extension bool // there is an external extension
	quiet     bool // the last invocation is over, and nothing has happened since
}

func (t *tracker) begin(l lane, k kind, name string, at time.Duration, detail string) *span {
	s := &span{lane: l, kind: k, name: name, from: at, to: at, open: true, detail: detail}
	t.spans = append(t.spans, s)
	t.current[slot{l, k}] = s
	return s
}

func (t *tracker) end(l lane, k kind, at time.Duration) *span {
	s := t.current[slot{l, k}]
	if s != nil {
		s.to, s.open = at, false
		delete(t.current, slot{l, k})
	}
	return s
}

// mark notes something that takes no time.
func (t *tracker) mark(l lane, name string, at time.Duration, detail string) *span {
	s := &span{lane: l, kind: event, name: name, from: at, to: at, detail: detail}
	t.spans = append(t.spans, s)
	return s
}

func (t *tracker) follow(m *recording.Moment) {
	at := m.Since
	switch m.Kind {
	case lambdaenv.Line:
		t.line(m)
	case lambdaenv.InitStarted:
		t.thaw(at)
		t.hooks.unknown(t)
		t.hooks = hookTracker{debug: t.hooks.debug}
		t.served, t.extension, t.gone = false, false, false
		t.begin(platform, starting, "init", at, "Lambda starts the processes: the Init phase of a cold start.").request = m.RequestID
		t.begin(function, starting, "init", at, "The function's process starts.")
	case lambdaenv.InitDone:
		for _, l := range []lane{platform, function, extension, others} {
			t.end(l, starting, at)
		}
	case recording.Called:
		t.begin(caller, waiting, "waits", at, "The caller has asked for an invocation and waits.")
	case lambdaenv.Invoked:
		t.invoked(m)
	case lambdaenv.Responded:
		t.responded(m)
	case lambdaenv.Idle:
		t.idle(m)
	case lambdaenv.Frozen:
		t.freeze(at)
	case lambdaenv.Thawed:
		t.thaw(at)
	case lambdaenv.Reset:
		t.hooks.processEnded(at)
		t.hooks.ended.reset = at
		t.idle(m)
		t.crash(at)
		t.kill(at)
		t.mark(platform, "reset", at, "Lambda ends the environment after a "+m.Text+". The next invocation starts new processes.").failed = true
		t.quiet, t.served, t.gone = false, false, true
	case lambdaenv.ShutdownBegan:
		t.shutdown(at)
		if t.gone {
			t.mark(platform, "no shutdown", at, "Nothing is left to shut down: the reset ended the environment.")
			break
		}
		t.begin(platform, ending, "shutdown", at, "The environment is shut down, reason: "+m.Text+".")
		if t.extension {
			t.begin(extension, ending, "shutdown", at, "The extension gets the SHUTDOWN event when the function is gone, and logs the reason.")
		}
	case lambdaenv.Signaled:
		t.signaled(m)
	case lambdaenv.Exited:
		t.exited(m)
	case lambdaenv.ShutdownDone:
		for _, l := range []lane{platform, function, extension} {
			t.end(l, ending, at)
		}
		t.quiet = false
	}
}

// line reads what is known from the log only.
func (t *tracker) line(m *recording.Moment) {
	if m.Source == lambdaenv.Extension && !m.IsOthers() {
		t.extensionLine(m)
	}
	switch {
	case m.IsOthers():
		if init := t.current[slot{function, starting}]; init != nil && t.current[slot{others, starting}] == nil {
			t.begin(others, starting, "init", init.from, "The other extensions start, before the function, and register.")
		}
		t.mark(others, m.Name, m.Since, m.Text)
	case m.Source == lambdaenv.Extension, m.Source == lambdaenv.Platform && isExternal(m.Text):
		if !t.extension && t.current[slot{function, starting}] != nil {
			init := t.current[slot{function, starting}]
			t.begin(extension, starting, "init", init.from, "The extension starts, before the function, and registers.")
		}
		t.extension = true
	case m.Source == lambdaenv.Function && t.plain:
		t.goroutines.line(t, m)
	case m.Source == lambdaenv.Function:
		t.hooks.line(t, m)
	}
}

// extensionLine reads a record of the extension.
func (t *tracker) extensionLine(m *recording.Moment) {
	if l := recording.LostIn(m.Entry); l != nil {
		t.hooks.lost(t, m, l)
	}
	if ended, boxRead := recording.EnvironmentEnded(m.Entry); ended {
		t.hooks.environmentEnded(t, m, boxRead)
	}
}

// isExternal reports whether a line of the platform is about the extension in
// our layer. The library's own, inside the function, has that name as well, but
// not that event.
func isExternal(text string) bool {
	return (strings.HasPrefix(text, "EXTENSION\t") || strings.Contains(text, `"type":"platform.extension"`)) &&
		(strings.Contains(text, "Name: "+recording.OwnExtension+"\t") || strings.Contains(text, `"name":"`+recording.OwnExtension+`"`)) &&
		strings.Contains(text, "SHUTDOWN") // internal ones may not register for it
}

func (t *tracker) invoked(m *recording.Moment) {
	t.thaw(m.Since)
	t.served = true
	t.begin(platform, serving, "invocation", m.Since, "").request = m.RequestID
	t.begin(function, handling, "handler and answer", m.Since, "").request = m.RequestID
	t.hooks.invoked(m)
}

func (t *tracker) responded(m *recording.Moment) {
	failed := m.Response != nil && m.Response.FunctionError != ""
	if s := t.end(caller, waiting, m.Since); s != nil {
		s.failed, s.request = failed, m.RequestID
		s.byPlatform = t.hooks.ended != nil
		switch {
		case m.Response == nil:
			s.name = "has no answer after " + length(s.length())
		case failed:
			s.name = "has an error after " + recording.Milliseconds(m.Response.Latency)
		default:
			s.name = "has the response after " + recording.Milliseconds(m.Response.Latency)
		}
		s.detail = "The caller " + s.name + ", and goes on. Whatever follows, nobody waits for it."
	}
	if s := t.end(function, handling, m.Since); s != nil {
		s.failed = failed
		s.detail = fmt.Sprintf("The handler runs, and its answer is sent to the caller: %s for both.", length(s.length()))
		if t.hooks.beforeError {
			s.name = "handler, hooks, then the error"
			s.detail = fmt.Sprintf("The handler panicked, its hooks ran, and then the error was sent to the caller: %s in all.",
				length(s.length()))
		}
		if t.current[slot{platform, serving}] != nil { // else it is over, after a crash
			t.hooks.responded(m)
		}
	}
}

func (t *tracker) idle(m *recording.Moment) {
	at := m.Since
	t.hooks.idle()
	if s := t.end(platform, serving, at); s != nil {
		s.detail = fmt.Sprintf("From the event until all are done with it, hooks included: %s.", length(s.length()))
		if r := t.reports[s.request]; r != nil {
			s.detail += fmt.Sprintf(" Lambda reports %.2f ms and bills %d ms%s.", inMs(r.Duration), r.Billed.Milliseconds(), t.more(s, r))
		}
	}
	t.end(function, handling, at)
	t.quiet = true
}

// more says why Lambda bills more than the invocation took.
func (t *tracker) more(s *span, r *lambdaenv.Report) string {
	suppressed := slices.ContainsFunc(t.spans, func(init *span) bool {
		return init.kind == starting && init.request != "" && init.request == s.request
	})
	if suppressed || r.Init > 0 {
		return ", the Init phase before it included"
	}
	return ""
}

// finish ends what still goes on when the recording ends, at the time now.
func (t *tracker) finish(now time.Duration) {
	t.hooks.finish(t, now)
	t.goroutines.finish(now)
	if t.quiet {
		t.freeze(t.lastEnd())
	}
	for _, s := range t.current {
		s.to = max(s.from, now)
		switch s.kind {
		case frozen:
			s.detail = fmt.Sprintf("The environment is frozen, so far for %s: none of its code runs, and nothing is billed.", length(s.length()))
		case handling:
			s.detail = "The handler runs."
		case serving:
			s.detail = "The invocation goes on."
		}
	}
}
