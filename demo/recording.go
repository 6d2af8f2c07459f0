package main

import (
	"sync"
	"time"

	"example.com/postinvoke/internal/lambdaenv"
)

// A recording is all that happened in a run. It grows while the run goes on,
// and renderers turn it into something to look at.
type recording struct {
	Intro       []string // sentences that say what is run
	Began       time.Time
	Moments     []moment
	Invocations []invocation
	Shutdown    *shutdown // nil until the environment was shut down
}

// A moment is an entry of the log, with what is known about it beside its text.
type moment struct {
	lambdaenv.Entry
	Since    time.Duration       // since the run began
	Response *lambdaenv.Response // of a Responded entry
	Remark   string              // what a reader should notice here, if anything
}

// Local reports whether the moment would not be found in CloudWatch.
func (m *moment) Local() bool { return m.Kind != lambdaenv.Line }

// Called is the kind of the entry for a caller who asks for an invocation.
// Everything else is told by the environment.
const called lambdaenv.Kind = "called"

// An invocation is one that is over.
type invocation struct {
	Response lambdaenv.Response
	Report   lambdaenv.Report
	Hooks    *hooks // nil if the library reported none
}

// A shutdown is the end of the environment.
type shutdown struct {
	lambdaenv.ShutdownReport
	Since time.Duration // from the beginning of the run to the end of the Shutdown phase
	Idle  time.Duration // from the end of the last invocation to the Shutdown phase
}

// A renderer shows a recording while it grows. Its methods are called one at a
// time, with what the recording has just got.
type renderer interface {
	began(*recording)
	moment(*recording, *moment)
	invoked(*recording, *invocation)
	ended(*recording)
}

// A recorder makes a recording of what it is told, and tells the renderer.
type recorder struct {
	renderer renderer
	remarks  remarks

	mu        sync.Mutex
	recording recording
	hooks     map[string]*hooks // reported by the library, by request
	waiting   []lambdaenv.Entry // from a Responded entry until the response is known
}

func newRecorder(intro []string, remarks remarks, r renderer) *recorder {
	rec := &recorder{
		renderer:  r,
		remarks:   remarks,
		recording: recording{Intro: intro, Began: time.Now()},
		hooks:     map[string]*hooks{},
	}
	r.began(&rec.recording)
	return rec
}

// observe takes an entry of the environment. The one that says that the caller
// has the response, and those after it, wait for the caller to say what it was.
func (r *recorder) observe(e lambdaenv.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Kind == lambdaenv.Responded || len(r.waiting) > 0 {
		r.waiting = append(r.waiting, e)
		return
	}
	r.add(e, nil)
}

// call notes that the caller is about to ask for an invocation.
func (r *recorder) call(event []byte) {
	r.observe(lambdaenv.Entry{Time: time.Now(), Source: lambdaenv.Caller, Kind: called, Text: string(event)})
}

// answer notes the caller's response; nil if there will be none.
func (r *recorder) answer(response *lambdaenv.Response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.waiting {
		if e.Kind == lambdaenv.Responded {
			r.add(e, response)
		} else {
			r.add(e, nil)
		}
	}
	r.waiting = nil
}

func (r *recorder) add(e lambdaenv.Entry, response *lambdaenv.Response) {
	m := moment{Entry: e, Since: e.Time.Sub(r.recording.Began), Response: response}
	m.Remark = r.remarks.about(&m)
	r.recording.Moments = append(r.recording.Moments, m)
	if h := hooksIn(e); h != nil {
		r.hooks[h.requestID] = h
	}
	r.renderer.moment(&r.recording, &m)
}

// invoked notes an invocation that is over.
func (r *recorder) invoked(response *lambdaenv.Response, report *lambdaenv.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	inv := invocation{*response, *report, r.hooks[report.RequestID]}
	r.recording.Invocations = append(r.recording.Invocations, inv)
	r.renderer.invoked(&r.recording, &inv)
}

// ended notes the end of the environment, and of the recording.
func (r *recorder) ended(report *lambdaenv.ShutdownReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &shutdown{ShutdownReport: *report}
	var lastEnd time.Duration
	for _, m := range r.recording.Moments {
		switch m.Kind {
		case lambdaenv.Idle, lambdaenv.Reset:
			lastEnd = m.Since
		case lambdaenv.ShutdownBegan:
			s.Idle = m.Since - lastEnd
		case lambdaenv.ShutdownDone:
			s.Since = m.Since
		}
	}
	r.recording.Shutdown = s
	r.renderer.ended(&r.recording)
}
