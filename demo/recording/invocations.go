package recording

import (
	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// An Invocation is one that is over, with what the log says of it.
type Invocation struct {
	Response lambdaenv.Response // its latency is what the caller waited
	Report   lambdaenv.Report

	Hooks *Hooks // from the library's record; nil if there is none
	Lost  *Lost  // from the extension's record; nil if there is none

	// Unlogged says that without Hooks and Lost nothing is known of hooks: the log
	// has none of the library's records, as at an application log level above INFO,
	// or the one about this invocation cannot be read.
	Unlogged bool

	// Unknown is why nothing is known of hooks after the process has ended in the
	// invocation; else empty.
	Unknown string

	Reset     string // why its processes were ended, if they were: "failure" or "timeout"
	Renewed   bool   // it began with new processes, as a reset had ended the others
	Early     bool   // its environment had started before the call
	NotCalled bool   // the wrapped handler was not called, which shows only after a while

	troubled troubled // names of its hooks

	layer   bool // of a reset: there was the layer
	boxRead bool // of a reset: the extension has read what the process had noted
}

// invocations collects what the log says of invocations.
type invocations struct {
	byRequest map[string]*Invocation
	logged    bool // there are records of the library
	layer     bool // the library of the environment has found the black box

	ended    bool // a reset has ended the environment, and none was started since
	restarts bool // one was started after a reset, for an invocation that is not known yet
	waiting  bool // a caller waits
	early    bool // one was started for no caller, and has served none yet
}

func (i *invocations) follow(e lambdaenv.Entry) {
	switch e.Kind {
	case lambdaenv.Reset:
		inv := i.of(e)
		inv.Reset, inv.layer = e.Text, i.layer
		i.ended, i.restarts = true, false
	case lambdaenv.InitStarted:
		i.restarts, i.ended, i.early, i.layer = i.ended, false, false, false
	case lambdaenv.InitDone:
		i.early = !i.waiting
	case Called:
		i.waiting = true
	case lambdaenv.Responded:
		i.waiting = false
	case lambdaenv.Line:
		i.line(e)
	}
	// Lambda does not say for whom it starts processes before they have started.
	if i.restarts && e.RequestID != "" {
		i.of(e).Renewed = true
		i.restarts = false
	}
	if i.early && e.RequestID != "" {
		i.of(e).Early = true
		i.early = false
	}
}

// line reads a line of the log.
func (i *invocations) line(e lambdaenv.Entry) {
	i.logged = i.logged || isRecord(e)
	if isSpoilt(e) {
		i.of(e).Unlogged = true
	}
	if h := HooksIn(e); h != nil {
		i.get(h.RequestID).Hooks = h
	}
	if request, hook, trouble := troubleIn(e); request != "" {
		i.get(request).troubled.add(hook, trouble)
	}
	if l := LostIn(e); l != nil && l.RequestID != "" {
		i.get(l.RequestID).Lost = l
	}
	if fieldsOf(e, record.Ready)[record.Layer] == "true" {
		i.layer = true
	}
	if _, boxRead := EnvironmentEnded(e); boxRead {
		i.of(e).boxRead = true
	}
	if fieldsOf(e, record.Released)[record.Reason] == string(gate.NotCalled) {
		i.of(e).NotCalled = true
	}
}

// over returns what is known of an invocation that is over.
func (i *invocations) over(request string, plain bool) Invocation {
	inv := *i.get(request)
	reported := inv.Hooks != nil || inv.Lost != nil || plain
	inv.Unlogged = !reported && (inv.Unlogged || !i.logged)
	if !reported && !inv.Unlogged && inv.Reset != "" && !inv.boxRead {
		inv.Unknown = WhyUnknown(inv.layer)
	}
	return inv
}

// WhyUnknown says why nothing is known of hooks when a process has ended, with
// the layer or without it.
func WhyUnknown(layer bool) string {
	if layer {
		return "the extension could not tell what became of hooks"
	}
	return "without the layer nothing tells what became of hooks"
}

// of returns the invocation that e is about.
func (i *invocations) of(e lambdaenv.Entry) *Invocation { return i.get(e.RequestID) }

func (i *invocations) get(request string) *Invocation {
	if i.byRequest[request] == nil {
		i.byRequest[request] = &Invocation{}
	}
	return i.byRequest[request]
}

// EndedByReset reports whether there is no environment any more because a reset
// ended it: then there is nothing to shut down.
func (r *Recording) EndedByReset() bool { return r.endedBy() == lambdaenv.Reset }

// killed reports whether the environment was killed as it was, as Ctrl-C does.
func (r *Recording) killed() bool { return r.endedBy() == lambdaenv.Signaled }

// endedBy returns what ended the environment that was started last, if not a
// shutdown: Reset, Signaled if it was killed, or nothing.
func (r *Recording) endedBy() lambdaenv.Kind {
	var by lambdaenv.Kind
	for i := range r.Moments {
		switch m := &r.Moments[i]; {
		case m.Kind == lambdaenv.Reset:
			by = lambdaenv.Reset
		case m.Kind == lambdaenv.Signaled && m.Text == "SIGKILL" && by == "": // a reset kills, too
			by = lambdaenv.Signaled
		case m.Kind == lambdaenv.InitStarted:
			by = ""
		}
	}
	return by
}
