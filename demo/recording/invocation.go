package recording

import (
	"strings"

	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// An Invocation is one that has ended, with what the log has about it.
type Invocation struct {
	Response lambdaenv.Response // its latency is what the caller waited
	Report   lambdaenv.Report

	Hooks *Hooks // from the library's record; nil if there is none
	Lost  *Lost  // from the extension's record; nil if there is none

	// Unlogged means that without Hooks and Lost nothing is known of hooks: the log
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

	troubles troubles // of its hooks

	layer   bool // of a reset: there was the layer
	boxRead bool // of a reset: the extension has read what the process had noted
}

// troubles are the names of the first hooks that failed, and of the first that
// were abandoned, by the library's records.
type troubles struct{ failed, abandoned []string }

func (r *Recorder) invocation(request string) *Invocation {
	if r.byRequest[request] == nil {
		r.byRequest[request] = &Invocation{}
	}
	return r.byRequest[request]
}

// inspect collects what a moment has about invocations and the shutdown.
func (r *Recorder) inspect(m *Moment) {
	env := &r.recording.env
	switch m.Kind {
	case lambdaenv.Reset:
		inv := r.invocation(m.RequestID)
		inv.Reset, inv.layer = m.Text, r.layer
	case lambdaenv.ShutdownBegan:
		r.shutdown = Shutdown{Idle: m.Since - env.finished}
	case lambdaenv.ShutdownDone:
		r.shutdown.Since = m.Since
	case lambdaenv.Line:
		r.line(m.Entry)
	}
	if m.RequestID != "" {
		inv := r.invocation(m.RequestID)
		inv.Renewed = inv.Renewed || env.restarted
		inv.Early = inv.Early || env.early
		env.restarted, env.early = false, false
	}
}

// line collects what a record of the library or the extension has.
func (r *Recorder) line(e lambdaenv.Entry) {
	fields := recordIn(e)
	message := Message(fields)
	function := e.Source == lambdaenv.Function
	if function && strings.HasPrefix(message, "postinvoke: ") && fields["level"] == "INFO" {
		r.logged = true
	}
	if function && message != record.Hooks && strings.Contains(e.Text, record.Hooks) {
		r.invocation(e.RequestID).Unlogged = true // the record cannot be read
	}
	request := fields[record.RequestID]
	switch message {
	case record.Hooks:
		if h := HooksIn(e); h != nil {
			r.invocation(request).Hooks = h
		}
	case record.ShutdownHooks:
		if h := newHooks(e, fields); h != nil {
			r.shutdown.Hooks = h
		}
	case record.HookFailed, record.HookAbandoned:
		switch {
		case !function:
		case request == "":
			r.shutdown.troubles.add(message, fields[record.Hook])
		default:
			r.invocation(request).troubles.add(message, fields[record.Hook])
		}
	case record.HooksLost:
		if l := LostIn(e); l != nil {
			r.lost(l)
		}
	case record.Ready:
		r.layer = r.layer || fields[record.Layer] == "true"
	case record.Environment:
		if _, boxRead := EnvironmentEnded(e); boxRead {
			r.invocation(e.RequestID).boxRead = true
		}
	case record.Released:
		if fields[record.Reason] == string(gate.NotCalled) {
			r.invocation(e.RequestID).NotCalled = true
		}
	}
}

// add adds the name of a hook, if it is one of the first.
func (t *troubles) add(message, hook string) {
	names := &t.failed
	if message == record.HookAbandoned {
		names = &t.abandoned
	}
	if hook != "" && len(*names) < mostNames {
		*names = append(*names, hook)
	}
}

// lost notes hooks that were lost. On AWS the record may come after the report
// of the invocation.
func (r *Recorder) lost(l *Lost) {
	if l.RequestID == "" {
		r.recording.Lost = l
		return
	}
	r.invocation(l.RequestID).Lost = l
	for i := range r.recording.Invocations {
		if inv := &r.recording.Invocations[i]; inv.Report.RequestID == l.RequestID {
			inv.Lost = l
		}
	}
}

// finished returns what is known of an invocation that has ended.
func (r *Recorder) finished(request string) Invocation {
	inv := *r.invocation(request)
	reported := inv.Hooks != nil || inv.Lost != nil || r.recording.GoroutineOnly
	inv.Unlogged = !reported && (inv.Unlogged || !r.logged)
	if !reported && !inv.Unlogged && inv.Reset != "" && !inv.boxRead {
		inv.Unknown = WhyUnknown(inv.layer)
	}
	return inv
}

// WhyUnknown describes why nothing is known of hooks when a process has ended, with
// the layer or without it.
func WhyUnknown(layer bool) string {
	if layer {
		return "the extension could not log what became of hooks"
	}
	return "without the layer nothing logs what became of hooks"
}
