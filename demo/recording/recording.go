// Package recording collects what happens in a run of the demo, on this machine or
// on AWS, and what is known about it.
//
// A runner passes what happens to a [Recorder]: entries of the log, calls,
// responses and reports. The recorder adds what a reader should see and notice,
// counts hooks by the records of postinvoke, and passes each moment on to its
// [Renderer]s, which show a log while it grows. The [Recording] of all moments is what
// a timeline is made of.
package recording

import (
	"time"

	"example.com/postinvoke/lambdaenv"
)

// A Recording is all that happened in one execution environment. It grows while
// the run continues.
type Recording struct {
	About
	Moments     []Moment
	Invocations []Invocation
	Shutdown    *Shutdown // nil until the environment was shut down
	Lost        *Lost     // shutdown functions that were lost with the last process; nil if there is no such record
	Reset       bool      // a reset has ended the environment: there is nothing to shut down
}

// About describes what is recorded.
type About struct {
	Intro []string  // sentences that say what is run, and where
	Name  string    // of the function, where several are recorded; else empty
	Place string    // where it runs, to follow "a run": "on this machine"
	Began time.Time // times count from here; zero means now

	Endless bool // only the last moments are kept

	// ForTimeline means that the function logs at the level DEBUG only because the
	// timeline needs each hook: those lines are hidden.
	ForTimeline bool

	// GoroutineOnly means that the function is that of demo/goroutine, whose goroutine's work
	// is recognised by what it prints.
	GoroutineOnly bool
}

// A Moment is an entry of the log, with what is known about it beside its text.
type Moment struct {
	lambdaenv.Entry
	Since    time.Duration       // since the run began
	Response *lambdaenv.Response // of a Responded entry
	Display  string              // what a log shows; empty for what is of no interest
	Remark   string              // what a reader should notice here, if anything
}

// NotInCloudWatch reports whether the moment would not be found in CloudWatch.
func (m *Moment) NotInCloudWatch() bool { return m.Kind != lambdaenv.Line }

func (m *Moment) isLineOf(s lambdaenv.Source) bool { return m.Kind == lambdaenv.Line && m.Source == s }

// OwnExtension is the file name of the extension in our layer.
const OwnExtension = "postinvoke"

// IsOthers reports whether the moment is one of another extension than ours.
func (m *Moment) IsOthers() bool {
	return m.Source == lambdaenv.Extension && m.Name != "" && m.Name != OwnExtension
}

// Who names the source of the moment, or another extension than ours.
func (m *Moment) Who() string {
	if m.IsOthers() {
		return m.Name
	}
	return string(m.Source)
}

// Called is the kind of the entry for a caller who invokes the function; its
// text is the event. All other kinds come from the environment.
const Called lambdaenv.Kind = "called"

// A Shutdown is the end of the environment.
type Shutdown struct {
	lambdaenv.ShutdownReport
	Since time.Duration // from the beginning of the run to the end of the Shutdown phase
	Idle  time.Duration // from the end of the last invocation to the Shutdown phase
	Hooks *Hooks        // those for the shutdown; nil if the library reported none
}
