package recording

import (
	"fmt"
	"strings"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// remarks point out what a reader should notice in a log, each once, at the
// first moment that shows it: for a function with hooks the three remarks of the
// original project's screenshot, and what the layer logs about lost hooks.
type remarks struct {
	made   map[string]bool
	hooked string // the invocation that had hooks last

	atWork int  // goroutines of demo/goroutine that have begun and are not done
	cutOff bool // one of them waits for the next invocation
}

const remarkShutdown = "lambda was shut down %s later than the last invocation"

// about returns what is to be said of the moment m, with which the recording
// continues, if anything.
func (r *remarks) about(m *Moment, recording *Recording) string {
	later := ""
	if env := &recording.env; env.shuttingDown && !env.reset {
		later = fmt.Sprintf(remarkShutdown, roughly(m.Since-env.idleAt))
	}
	if recording.GoroutineOnly {
		return r.aboutGoroutine(m, later)
	}
	return r.aboutHooks(m, later)
}

func (r *remarks) aboutHooks(m *Moment, later string) string {
	switch {
	case m.HooksFollow:
		return r.once("function returned response here, before cleanup begins")
	case HooksIn(m.Entry) != nil:
		r.hooked = HooksIn(m.Entry).RequestID
	case r.hooked != "" && r.hooked == m.RequestID && isReport(m.Entry):
		return r.once("duration includes cleanup time")
	case lostInInvocation(m.Entry):
		return r.once("the layer logs what was lost with the process")
	case later != "" && (m.isLineOf(lambdaenv.Function) || m.Kind == lambdaenv.ShutdownDone):
		if r.once(remarkShutdown) != "" {
			return later
		}
	}
	return ""
}

func (r *remarks) aboutGoroutine(m *Moment, later string) string {
	work := GoroutineWork(m.Entry)
	switch {
	case m.Kind == lambdaenv.Responded && r.atWork > 0:
		return r.once("response returned here, the goroutine is still at work")
	case work == WorkBegins:
		r.atWork++
	case work == WorkDone:
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

// roughly renders d as one would say it: 20ms, 1.2s, 6m2s.
func roughly(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func (m *Moment) isLineOf(s lambdaenv.Source) bool { return m.Kind == lambdaenv.Line && m.Source == s }

func lostInInvocation(e lambdaenv.Entry) bool {
	l := LostIn(e)
	return l != nil && l.RequestID != ""
}

// isReport reports whether e is Lambda's line with the duration.
func isReport(e lambdaenv.Entry) bool {
	return e.Kind == lambdaenv.Line && e.Source == lambdaenv.Platform &&
		(strings.HasPrefix(e.Text, "REPORT ") || strings.Contains(e.Text, `"type":"platform.report"`))
}

// Work is what the function in demo/goroutine prints about its goroutine.
type Work int

// What it can say.
const (
	WorkUnknown Work = iota // something else
	WorkBegins
	WorkDone
)

// GoroutineWork returns what the entry has about the goroutine of demo/goroutine.
func GoroutineWork(e lambdaenv.Entry) Work {
	switch {
	case e.Kind != lambdaenv.Line || e.Source != lambdaenv.Function:
	case strings.Contains(e.Text, "cleanup begins"):
		return WorkBegins
	case strings.Contains(e.Text, "cleanup done"):
		return WorkDone
	}
	return WorkUnknown
}
