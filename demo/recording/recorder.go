package recording

import (
	"maps"
	"strings"
	"sync"
	"time"

	"example.com/postinvoke/lambdaenv"
)

// A Renderer shows a recording while it grows. Its methods are called one at a
// time, with what the recording has just got; none of them may call the
// recorder, or keep the recording.
type Renderer interface {
	Began(*Recording)
	Moment(*Recording, *Moment)
	Invoked(*Recording, *Invocation)
	Ended(*Recording)
}

// A Recorder makes a recording of what its methods report, and passes it to its
// renderers. The methods may be called from any goroutine.
type Recorder struct {
	renderers []Renderer

	mu        sync.Mutex
	recording Recording
	remarks   remarks
	byRequest map[string]*Invocation // those in progress, and what is known of them later
	logged    bool                   // there are records of the library
	layer     bool                   // the library of the environment has found the black box
	shutdown  Shutdown               // so far
	pending   pending                // from a Responded entry until it can be recorded
}

// NewRecorder begins a recording.
func NewRecorder(about About, renderers ...Renderer) *Recorder {
	if about.Began.IsZero() {
		about.Began = time.Now()
	}
	r := &Recorder{
		renderers: renderers,
		recording: Recording{About: about},
		byRequest: map[string]*Invocation{},
	}
	for _, renderer := range renderers {
		renderer.Began(&r.recording)
	}
	return r
}

// Recording returns the recording as it is now. Moments that the renderers did
// not get yet lack their remarks.
func (r *Recorder) Recording() *Recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.recording.clone()
	if r.pending.answered {
		for _, e := range r.pending.entries {
			c.Moments = append(c.Moments, c.moment(e, r.pending.response))
		}
	}
	return c
}

// Observe takes an entry of the environment; entries must come in the order of
// their times. The one about the response to the caller, and those
// after it, wait until [Recorder.Answer] has what it was, and a moment longer
// for what shows whether hooks follow.
func (r *Recorder) Observe(e lambdaenv.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Kind == lambdaenv.Responded || len(r.pending.entries) > 0 {
		r.pending.entries = append(r.pending.entries, e)
		r.resolve()
		return
	}
	r.add(e, nil, false)
}

// Call notes that the caller is about to invoke the function.
func (r *Recorder) Call(event []byte) {
	r.Observe(lambdaenv.Entry{Time: time.Now(), Source: lambdaenv.Caller, Kind: Called, Text: string(event)})
}

// Answer notes the caller's response; nil if there will be none.
func (r *Recorder) Answer(response *lambdaenv.Response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pending.entries) == 0 {
		return // it was never sent
	}
	r.pending.answered, r.pending.response = true, response
	r.resolve()
}

// moment makes the next moment, and changes the state of the environment.
func (r *Recording) moment(e lambdaenv.Entry, response *lambdaenv.Response) Moment {
	m := Moment{Entry: e, Since: e.Time.Sub(r.Began)}
	if e.Kind == lambdaenv.Responded {
		m.Response = response
	}
	r.env.follow(e, m.Since)
	if r.Last > 0 {
		m.origin = r.env.origin
	}
	m.Hidden = r.ForTimeline && isDebug(e)
	if !m.Hidden {
		m.Display = r.env.display(&m)
	}
	return m
}

// add records an entry.
func (r *Recorder) add(e lambdaenv.Entry, response *lambdaenv.Response, hooksFollow bool) {
	m := r.recording.moment(e, response)
	m.HooksFollow = hooksFollow
	if e.Kind == lambdaenv.InitStarted {
		r.recording.Lost, r.layer = nil, false
		if r.recording.Last > 0 {
			r.remarks = remarks{}
		}
	}
	m.Remark = r.remarks.about(&m, &r.recording)
	r.keep(m)
	r.inspect(&m)
	for _, renderer := range r.renderers {
		renderer.Moment(&r.recording, &m)
	}
}

// keep adds a moment to the recording. A recording without end leaves out what
// needs most room.
func (r *Recorder) keep(m Moment) {
	if r.recording.Last > 0 {
		if m.Kind == Called {
			r.trim()
		}
		if m.isLineOf(lambdaenv.Function) && !strings.Contains(m.Text, "postinvoke: ") {
			return
		}
	}
	r.recording.Moments = append(r.recording.Moments, m)
}

// trim leaves out what a recording without end does not keep.
func (r *Recorder) trim() {
	r.recording.trim()
	kept := map[string]bool{}
	for _, m := range r.recording.Moments {
		kept[m.RequestID] = true
	}
	maps.DeleteFunc(r.byRequest, func(id string, _ *Invocation) bool { return !kept[id] })
}

// Invoked notes an invocation that has ended.
func (r *Recorder) Invoked(response *lambdaenv.Response, report *lambdaenv.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	inv := r.finished(report.RequestID)
	inv.Response, inv.Report = *response, *report
	r.recording.Invocations = append(r.recording.Invocations, inv)
	for _, renderer := range r.renderers {
		renderer.Invoked(&r.recording, &inv)
	}
}

// Ended notes the end of the environment, and of the recording; nil if the
// environment is still there.
func (r *Recorder) Ended(report *lambdaenv.ShutdownReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release(false)
	if report != nil {
		s := r.shutdown
		s.ShutdownReport = *report
		r.recording.Shutdown = &s
	}
	for _, renderer := range r.renderers {
		renderer.Ended(&r.recording)
	}
}
