package recording

import (
	"fmt"
	"strings"

	"example.com/postinvoke/internal/lambdaenv"
)

// What the function in demo/plain prints in its goroutine.
const (
	plainBegins = "cleanup begins"
	plainDone   = "cleanup done"
)

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
	case isLineOf(m, lambdaenv.Function) && strings.Contains(m.Text, plainBegins):
		r.pending++
	case isLineOf(m, lambdaenv.Function) && strings.Contains(m.Text, plainDone):
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
