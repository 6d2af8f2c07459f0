package recording

import (
	"fmt"
	"strings"

	"example.com/postinvoke/lambdaenv"
)

// remarks point out what a reader should notice in a log, each once, at the
// first moment that shows it.
type remarks struct {
	made   map[string]bool
	atWork int  // goroutines of demo/goroutine that have begun and are not done
	cutOff bool // one of them waits for the next invocation
}

const remarkShutdown = "lambda was shut down %s later than the last invocation"

// remark returns the remark on the moment m, with which the recording continues,
// or nothing.
func (r *Recorder) remark(m *Moment) string {
	later := ""
	if r.env.ending && !r.recording.Reset {
		later = fmt.Sprintf(remarkShutdown, Length(m.Since-r.env.idleAt))
	}
	if r.recording.GoroutineOnly {
		return r.remarks.aboutGoroutine(m, later)
	}
	return r.aboutHooks(m, later)
}

// aboutHooks has, for a function with hooks, the three remarks of the original
// project's screenshot, and what the layer logs about lost hooks.
func (r *Recorder) aboutHooks(m *Moment, later string) string {
	inv := r.invocation(m.RequestID)
	switch lost := LostIn(m.Entry); {
	case m.Kind == lambdaenv.Responded:
		// On AWS the way to the caller can take longer than the hooks do.
		before := r.logged && inv.Hooks == nil && !inv.idle
		if before && m.Response != nil && m.Response.FunctionError == "" {
			return r.remarks.once("function returned response here, before any cleanup")
		}
	case inv.Hooks != nil && isReport(m.Entry):
		return r.remarks.once("duration includes cleanup time")
	case lost != nil && lost.RequestID != "":
		return r.remarks.once("the layer logs what was lost with the process")
	case later != "" && (m.isLineOf(lambdaenv.Function) || m.Kind == lambdaenv.ShutdownDone):
		if r.remarks.once(remarkShutdown) != "" {
			return later
		}
	}
	return ""
}

func (r *remarks) aboutGoroutine(m *Moment, later string) string {
	switch {
	case m.Kind == lambdaenv.Responded && r.atWork > 0:
		return r.once("response returned here, the goroutine is still at work")
	case CleanupBegins(m.Entry):
		r.atWork++
	case CleanupDone(m.Entry):
		r.atWork--
		if r.cutOff {
			return r.once("the goroutine continues only now, in the next invocation")
		}
	case isReport(m.Entry) && r.atWork > 0:
		return r.once("duration ends here: nobody waits for the goroutine")
	case m.Kind == lambdaenv.Frozen && r.atWork > 0:
		r.cutOff = true
		return r.once("frozen in the middle of its cleanup")
	case m.Kind == lambdaenv.ShutdownDone && r.atWork > 0 && later != "":
		return later + ", its cleanup is lost"
	}
	return ""
}

// once returns remark, but only the first time.
func (r *remarks) once(remark string) string {
	if r.made[remark] {
		return ""
	}
	if r.made == nil {
		r.made = map[string]bool{}
	}
	r.made[remark] = true
	return remark
}

// isReport reports whether e is Lambda's line with the duration.
func isReport(e lambdaenv.Entry) bool {
	return e.Kind == lambdaenv.Line && e.Source == lambdaenv.Platform &&
		(strings.HasPrefix(e.Text, "REPORT ") || strings.Contains(e.Text, `"type":"platform.report"`))
}

// CleanupBegins reports whether the entry is what the function in demo/goroutine
// prints when its goroutine begins.
func CleanupBegins(e lambdaenv.Entry) bool { return prints(e, "cleanup begins") }

// CleanupDone reports whether it is what that prints at the end.
func CleanupDone(e lambdaenv.Entry) bool { return prints(e, "cleanup done") }

func prints(e lambdaenv.Entry, text string) bool {
	return e.Kind == lambdaenv.Line && e.Source == lambdaenv.Function && strings.Contains(e.Text, text)
}
