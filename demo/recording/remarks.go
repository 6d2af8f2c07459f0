package recording

import (
	"fmt"
	"strings"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// Remarks point out what a reader should notice in a log: the three remarks of
// the original project's screenshot, each once, at the first moment that shows
// it. They follow a log from its beginning, a moment at a time.
type Remarks interface {
	// About returns what is to be said of the next moment, if anything.
	About(*Moment) string
}

// Remarks about a function with hooks.
const (
	remarkResponse = "function returned response here, before cleanup begins"
	remarkReport   = "duration includes cleanup time"
	remarkShutdown = "lambda was shut down %s later than the last invocation"
)

// once is a set of remarks that were made.
type once map[string]bool

// say returns remark, but only the first time.
func (o once) say(remark string) string {
	if o[remark] {
		return ""
	}
	o[remark] = true
	return remark
}

// hookRemarks are those about a function with hooks.
type hookRemarks struct {
	made   once
	hooked string // the invocation that had hooks last
	end    lastEnd
}

// NewHookRemarks returns the remarks about a function with hooks.
func NewHookRemarks() Remarks { return &hookRemarks{made: once{}} }

func (r *hookRemarks) About(m *Moment) string {
	later := r.end.before(m)
	switch {
	case m.HooksFollow:
		return r.made.say(remarkResponse)
	case HooksIn(m.Entry) != nil:
		r.hooked = HooksIn(m.Entry).RequestID
	case r.hooked != "" && r.hooked == m.RequestID && isReport(m.Entry):
		return r.made.say(remarkReport)
	case later != "" && !r.made[remarkShutdown] && (isLineOf(m, lambdaenv.Function) || m.Kind == lambdaenv.ShutdownDone):
		r.made.say(remarkShutdown)
		return fmt.Sprintf(remarkShutdown, later)
	}
	return ""
}

// A lastEnd remembers when the last invocation was over.
type lastEnd struct {
	at           time.Duration
	shuttingDown bool
	gone         bool // a reset has ended the environment: nothing is left to shut down
}

// before takes note of m, and returns how long before it the last invocation
// was over, if the environment is being shut down.
func (l *lastEnd) before(m *Moment) string {
	switch m.Kind {
	case lambdaenv.InitStarted:
		l.gone = false
	case lambdaenv.Idle:
		l.at = m.Since
	case lambdaenv.Reset:
		l.gone = true
	case lambdaenv.ShutdownBegan:
		l.shuttingDown = true
	}
	if !l.shuttingDown || l.gone {
		return ""
	}
	return roughly(m.Since - l.at)
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

func isLineOf(m *Moment, s lambdaenv.Source) bool {
	return m.Kind == lambdaenv.Line && m.Source == s
}

// isReport reports whether e is Lambda's line with the duration.
func isReport(e lambdaenv.Entry) bool {
	return e.Kind == lambdaenv.Line && e.Source == lambdaenv.Platform &&
		(strings.HasPrefix(e.Text, "REPORT ") || strings.Contains(e.Text, `"type":"platform.report"`))
}
