package recording

import (
	"example.com/postinvoke/internal/gate"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// A Fate is what befell the processes of an invocation.
type Fate struct {
	Renewed bool   // it began with new processes, as a reset had ended the others
	Early   bool   // its environment had started before the call
	Reset   string // why its processes were ended, if they were: "failure" or "timeout"
	Missed  bool   // the wrapped handler was not called, which shows only after a while
}

// fates are those of all invocations, by request.
type fates struct {
	of      map[string]*Fate
	gone    bool // a reset has ended the environment, and none was started since
	renewed bool // one was started after a reset, for an invocation that is not known yet
	waiting bool // a caller waits
	early   bool // one was started for no caller, and has served none yet
}

// follow takes note of e.
func (f *fates) follow(e lambdaenv.Entry) {
	switch e.Kind {
	case lambdaenv.Reset:
		f.fate(e).Reset = e.Text
		f.gone, f.renewed = true, false
	case lambdaenv.InitStarted:
		f.renewed, f.gone, f.early = f.gone, false, false
	case lambdaenv.InitDone:
		f.early = !f.waiting
	case Called:
		f.waiting = true
	case lambdaenv.Responded:
		f.waiting = false
	case lambdaenv.Line:
		if fieldsOf(e, record.Released)[record.Reason] == string(gate.NotCalled) {
			f.fate(e).Missed = true
		}
	}
	// Lambda does not say for whom it starts processes before they have started.
	if f.renewed && e.RequestID != "" {
		f.fate(e).Renewed = true
		f.renewed = false
	}
	if f.early && e.RequestID != "" {
		f.fate(e).Early = true
		f.early = false
	}
}

// fate returns the one to note what e says of.
func (f *fates) fate(e lambdaenv.Entry) *Fate {
	if f.of[e.RequestID] == nil {
		f.of[e.RequestID] = &Fate{}
	}
	return f.of[e.RequestID]
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
