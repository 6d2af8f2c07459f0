// Package recording is what happens in a run of the demo, on this machine or
// on AWS: the log, what is known about its lines, and the figures that come of
// them. A [Recorder] is told what happens, by whatever runs the function, and
// tells renderers, which make a log, records, a report or a live page of it.
package recording

import (
	"slices"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// A Recording is all that happened in one execution environment. It grows while
// the run goes on.
type Recording struct {
	About
	Moments     []Moment
	Invocations []Invocation
	Shutdown    *Shutdown // nil until the environment was shut down
	Lost        *Lost     // shutdown functions that the last process took with it; nil if no record says so

	origins []time.Duration // when environments began, if times count from there
}

// About says what is recorded.
type About struct {
	Intro []string  // sentences that say what is run, and where
	Name  string    // of the function, where several are recorded; else empty
	Place string    // where it runs, to follow "a run": "on this machine"
	Began time.Time // times count from here; zero means now

	// Last is of how many invocations the recording has the moments, if it goes
	// on without end; then it lacks what the function itself prints, which only
	// renderers are told. Zero means all, with all.
	Last int

	// ForTimeline says that the function logs at the level DEBUG only so that the
	// timeline knows of each hook: those lines are hidden.
	ForTimeline bool

	// Plain says that the function is that of demo/plain, whose goroutine's work
	// is recognised by what it prints.
	Plain bool
}

// A Moment is an entry of the log, with what is known about it beside its text.
type Moment struct {
	lambdaenv.Entry
	Since    time.Duration       // since the run began
	Response *lambdaenv.Response // of a Responded entry
	Remark   string              // what a reader should notice here, if anything

	// HooksFollow is true of a Responded entry if hooks run after it.
	HooksFollow bool

	Hidden bool // no log shows it
}

// Local reports whether the moment would not be found in CloudWatch.
func (m *Moment) Local() bool { return m.Kind != lambdaenv.Line }

// OwnExtension is the file name of the extension in our layer.
const OwnExtension = "postinvoke"

// IsOthers reports whether the moment is one of somebody else's extension.
func (m *Moment) IsOthers() bool {
	return m.Source == lambdaenv.Extension && m.Name != "" && m.Name != OwnExtension
}

// Who says who the moment is of: its source, or the name of somebody else's
// extension.
func (m *Moment) Who() string {
	if m.IsOthers() {
		return m.Name
	}
	return string(m.Source)
}

// Called is the kind of the entry for a caller who asks for an invocation; its
// text is the event. All other kinds are told by the environment.
const Called lambdaenv.Kind = "called"

// A Shutdown is the end of the environment.
type Shutdown struct {
	lambdaenv.ShutdownReport
	Since time.Duration // from the beginning of the run to the end of the Shutdown phase
	Idle  time.Duration // from the end of the last invocation to the Shutdown phase
	Hooks *Hooks        // those for the shutdown; nil if the library reported none

	troubled troubled // names of shutdown functions
}

// clone returns a copy that does not grow.
func (r *Recording) clone() *Recording {
	c := *r
	c.Moments = slices.Clone(r.Moments)
	c.Invocations = slices.Clone(r.Invocations)
	c.origins = slices.Clone(r.origins)
	return &c
}
