package recording

import (
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

// A Recorder makes a recording of what it is told, and tells its renderers. Its
// methods may be called from any goroutine.
type Recorder struct {
	renderers []Renderer
	remarks   Remarks

	mu          sync.Mutex
	recording   Recording
	invocations invocations
	origin      origin
	idle        string // the request of the invocation that was over last
	held        held   // from a Responded entry until it can be recorded
}

// NewRecorder begins a recording. The remarks must not be used for another one.
func NewRecorder(about About, remarks Remarks, renderers ...Renderer) *Recorder {
	if about.Began.IsZero() {
		about.Began = time.Now()
	}
	r := &Recorder{
		renderers:   renderers,
		remarks:     remarks,
		recording:   Recording{About: about},
		invocations: invocations{byRequest: map[string]*Invocation{}},
	}
	r.tell(Renderer.Began)
	return r
}

func (r *Recorder) tell(what func(Renderer, *Recording)) {
	for _, renderer := range r.renderers {
		what(renderer, &r.recording)
	}
}

// Recording returns the recording as it is now. Moments that the renderers are
// not told of yet lack their remarks.
func (r *Recorder) Recording() *Recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.recording.clone()
	if r.held.answered {
		for _, e := range r.held.entries {
			c.Moments = append(c.Moments, r.held.moment(e, c.Began))
		}
	}
	return c
}

// Observe takes an entry of the environment; entries must come in the order of
// their times. The one that says that the caller has the response, and those
// after it, wait for [Recorder.Answer] to say what it was, and a moment for what
// tells whether hooks follow.
func (r *Recorder) Observe(e lambdaenv.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Kind == lambdaenv.Responded || len(r.held.entries) > 0 {
		r.held.entries = append(r.held.entries, e)
		r.settle()
		return
	}
	r.add(Moment{Entry: e, Since: e.Time.Sub(r.recording.Began)})
}

// Call notes that the caller is about to ask for an invocation.
func (r *Recorder) Call(event []byte) {
	r.Observe(lambdaenv.Entry{Time: time.Now(), Source: lambdaenv.Caller, Kind: Called, Text: string(event)})
}

// Answer notes the caller's response; nil if there will be none.
func (r *Recorder) Answer(response *lambdaenv.Response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.held.entries) == 0 {
		return // it was never sent
	}
	r.held.answered, r.held.response = true, response
	r.settle()
}

func (r *Recorder) add(m Moment) {
	e := m.Entry
	if r.origin.follow(&m) && r.recording.Last > 0 {
		r.recording.origins = append(r.recording.origins, m.Since)
	}
	m.Hidden = r.recording.ForTimeline && isDebug(e)
	m.Remark = r.remarks.About(&m)
	r.keep(m)
	if e.Kind == lambdaenv.Idle {
		r.idle = e.RequestID
	}
	r.invocations.follow(e)
	r.lost(e)
	for _, renderer := range r.renderers {
		renderer.Moment(&r.recording, &m)
	}
}

// lost notes what e says of hooks that were lost.
func (r *Recorder) lost(e lambdaenv.Entry) {
	if e.Kind == lambdaenv.InitStarted {
		r.recording.Lost = nil
	}
	l := LostIn(e)
	if l == nil {
		return
	}
	if l.RequestID == "" {
		r.recording.Lost = l
		return
	}
	for i := range r.recording.Invocations { // on AWS it may come after the report
		if inv := &r.recording.Invocations[i]; inv.Report.RequestID == l.RequestID {
			inv.Lost = l
		}
	}
}

// Invoked notes an invocation that is over.
func (r *Recorder) Invoked(response *lambdaenv.Response, report *lambdaenv.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	inv := r.invocations.over(report.RequestID, r.recording.Plain)
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
	if report == nil {
		r.tell(Renderer.Ended)
		return
	}
	s := &Shutdown{ShutdownReport: *report}
	var lastEnd time.Duration
	for _, m := range r.recording.Moments {
		switch m.Kind {
		case lambdaenv.Idle, lambdaenv.Reset:
			lastEnd = m.Since
		case lambdaenv.ShutdownBegan:
			s.Idle, s.Hooks, s.troubled = m.Since-lastEnd, nil, troubled{}
		case lambdaenv.ShutdownDone:
			s.Since = m.Since
		case lambdaenv.Line:
			if h := shutdownHooksIn(m.Entry); h != nil {
				s.Hooks = h
			}
			if request, hook, trouble := troubleIn(m.Entry); request == "" {
				s.troubled.add(hook, trouble)
			}
		}
	}
	r.recording.Shutdown = s
	r.tell(Renderer.Ended)
}
