package lambdaenv

import (
	"fmt"
	"strings"
	"time"
)

// A fault is what an instance cannot go on after.
type fault struct {
	errorType string
	message   string // in Lambda's words
	payload   []byte // for the caller, if the function reported an error itself
	culprit   *process
	at        time.Time
	memory    int // that was in use, if the processes are gone by now
}

// Error is for the caller of Start: it says who, and what they printed last.
func (f *fault) Error() string {
	text := "lambdaenv: init: "
	if f.culprit == nil {
		return text + f.message + " (" + f.errorType + ")"
	}
	text += fmt.Sprintf("%v: %s (%s)", f.culprit, f.message, f.errorType)
	lines := f.culprit.out.lastLines()
	if len(lines) == 0 {
		return text + "; it printed nothing"
	}
	return text + "; it printed last:\n\t" + strings.Join(lines, "\n\t")
}

// exited takes note of a process that ended. However it did, while nobody
// asked it to that is a crash.
func (in *instance) exited(p *process) {
	if in.stopping || in.fault != nil {
		return
	}
	f := &fault{culprit: p, at: time.Now()}
	if p == in.runtime {
		f.errorType, f.message = "Runtime.ExitError", "Runtime exited without providing a reason"
		if p.status.code != 0 {
			f.message = "Runtime exited with error: " + p.status.text
		}
		if in.initError != "" {
			f.errorType, f.payload = in.initError, in.initReason
			f.message += ", having reported " + string(in.initReason)
		}
	} else {
		f.errorType, f.message = "Extension.Crash", p.status.text
		if p.status.code == 0 {
			f.message = "exit code 0"
		}
	}
	if in.agentError != "" {
		f.errorType = in.agentError
	}
	in.fault = f
}
