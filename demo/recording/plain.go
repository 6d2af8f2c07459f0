package recording

import (
	"fmt"
	"strings"

	"example.com/postinvoke/lambdaenv"
)

// What the function in demo/plain prints in its goroutine.
const (
	plainBegins = "cleanup begins"
	plainDone   = "cleanup done"
)

// Work is what the function in demo/plain says about its goroutine.
type Work int

// What it can say.
const (
	WorkUnknown Work = iota // something else
	WorkBegins
	WorkDone
)

// PlainWork returns what the entry says about the goroutine of demo/plain.
func PlainWork(e lambdaenv.Entry) Work {
	switch {
	case e.Kind != lambdaenv.Line || e.Source != lambdaenv.Function:
	case strings.Contains(e.Text, plainBegins):
		return WorkBegins
	case strings.Contains(e.Text, plainDone):
		return WorkDone
	}
	return WorkUnknown
}

// plainRemarks are those about the function in demo/plain.
type plainRemarks struct {
	made    once
	pending int  // goroutines that have begun and are not done
	late    bool // a goroutine waits for the next invocation
	end     lastEnd
}

// NewPlainRemarks returns the remarks about the function in demo/plain.
func NewPlainRemarks() Remarks { return &plainRemarks{made: once{}} }

func (r *plainRemarks) About(m *Moment) string {
	later := r.end.before(m)
	switch {
	case m.Kind == lambdaenv.Responded && r.pending > 0:
		return r.made.say("response returned here, the goroutine is still at work")
	case PlainWork(m.Entry) == WorkBegins:
		r.pending++
	case PlainWork(m.Entry) == WorkDone:
		r.pending--
		if r.late {
			return r.made.say("only now, in the next invocation, could it go on")
		}
	case isReport(m.Entry) && r.pending > 0:
		return r.made.say("duration ends here: nobody waits for the goroutine")
	case m.Kind == lambdaenv.Frozen && r.pending > 0:
		r.late = true
		return r.made.say("frozen in the middle of its cleanup")
	case m.Kind == lambdaenv.ShutdownDone && r.pending > 0 && later != "":
		return fmt.Sprintf(remarkShutdown, later) + ", its cleanup is lost"
	}
	return ""
}
