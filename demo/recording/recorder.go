package recording

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
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
	env       environment
	remarks   remarks
	byRequest map[string]*Invocation // those in progress, and what is known of them later
	logged    bool                   // there are records of the library
	early     bool                   // the environment had started before the last call
	shutdown  Shutdown               // so far
	pending   []lambdaenv.Entry      // from a Responded entry until its response is known
}

// An environment is the state of the execution environment that a recording has
// come to. The zero value is that before the first one.
type environment struct {
	started bool          // until a reset
	served  bool          // it has answered a caller
	frozen  bool          // it was frozen after that
	ending  bool          // its processes are to end, by a reset or the shutdown
	idleAt  time.Duration // when the last invocation ended
}

// mostMoments is how many an endless recording keeps.
const mostMoments = 2000

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

// Recording returns the recording as it is now.
func (r *Recorder) Recording() *Recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.recording // a copy that does not grow
	now.Moments = slices.Clone(now.Moments)
	now.Invocations = slices.Clone(now.Invocations)
	return &now
}

// Observe takes an entry of the environment; entries must come in the order of
// their times. The one about the response to the caller, and those after it, wait
// until [Recorder.Answer] has what it was.
func (r *Recorder) Observe(e lambdaenv.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Kind == lambdaenv.Responded || len(r.pending) > 0 {
		r.pending = append(r.pending, e)
		return
	}
	r.add(e, nil)
}

// Call notes that the caller is about to invoke the function.
func (r *Recorder) Call(event []byte) {
	r.Observe(lambdaenv.Entry{Time: time.Now(), Source: lambdaenv.Caller, Kind: Called, Text: string(event)})
}

// Answer notes the caller's response; nil if there will be none.
func (r *Recorder) Answer(response *lambdaenv.Response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release(response)
}

// release records what is pending.
func (r *Recorder) release(response *lambdaenv.Response) {
	for _, e := range r.pending {
		r.add(e, response)
	}
	r.pending = nil
}

// add records an entry.
func (r *Recorder) add(e lambdaenv.Entry, response *lambdaenv.Response) {
	if r.recording.Reset && (e.Kind == lambdaenv.ShutdownBegan || e.Kind == lambdaenv.ShutdownDone) {
		return // nothing is left to shut down
	}
	m := Moment{Entry: e, Since: e.Time.Sub(r.recording.Began)}
	if e.Kind == lambdaenv.Responded {
		m.Response = response
	}
	r.follow(&m)
	hidden := r.recording.ForTimeline && isDebug(e)
	if !hidden {
		m.Display = r.env.display(&m)
		m.Remark = r.remark(&m)
	}
	if r.recording.Endless && len(r.recording.Moments) >= mostMoments {
		r.trim()
	}
	r.recording.Moments = append(r.recording.Moments, m)
	for _, renderer := range r.renderers {
		if !hidden {
			renderer.Moment(&r.recording, &m)
		}
	}
}

// trim leaves out the older half of the moments, and the invocations that only those
// are about: each has an event and a response.
func (r *Recorder) trim() {
	r.recording.Moments = slices.Clone(r.recording.Moments[mostMoments/2:])
	kept := map[string]bool{}
	for _, m := range r.recording.Moments {
		kept[m.RequestID] = true
	}
	maps.DeleteFunc(r.byRequest, func(id string, _ *Invocation) bool { return !kept[id] })
	r.recording.Invocations = slices.DeleteFunc(r.recording.Invocations, func(inv Invocation) bool {
		return !kept[inv.Report.RequestID]
	})
}

// follow collects what a moment has about the environment and its invocations.
func (r *Recorder) follow(m *Moment) {
	switch m.Kind {
	case lambdaenv.Line:
		r.line(m.Entry)
	case Called:
		r.early = r.env.started
	case lambdaenv.InitStarted:
		r.env = environment{started: true, idleAt: r.env.idleAt}
		r.recording.Reset, r.recording.Lost = false, nil
	case lambdaenv.Responded:
		r.env.served = true
	case lambdaenv.Frozen:
		// It is also frozen between init and the first invocation, for a
		// moment that would only puzzle the reader.
		r.env.frozen = r.env.served
	case lambdaenv.Idle:
		r.invocation(m.RequestID).idle = true
		r.env.idleAt = m.Since
	case lambdaenv.Reset:
		r.invocation(m.RequestID).Reset = m.Text
		r.recording.Reset = true
		r.env = environment{ending: true}
	case lambdaenv.ShutdownBegan:
		r.env.ending = true
		r.shutdown = Shutdown{Idle: m.Since - r.env.idleAt}
	case lambdaenv.ShutdownDone:
		r.shutdown.Since = m.Since
	}
}

// line collects what a record of the library or the extension has.
func (r *Recorder) line(e lambdaenv.Entry) {
	fields := recordIn(e)
	function := e.Source == lambdaenv.Function
	if function && strings.HasPrefix(Message(fields), "postinvoke: ") && fields["level"] == "INFO" {
		r.logged = true
	}
	request := cmp.Or(fields[record.RequestID], e.RequestID)
	r.invocation(request).read(e, fields)
	for i := range r.recording.Invocations { // on AWS a record may come after the report
		if inv := &r.recording.Invocations[i]; fields != nil && inv.Report.RequestID == request {
			inv.read(e, fields)
		}
	}
	if h := hooksIn(e, fields, record.ShutdownHooks); h != nil {
		r.shutdown.Hooks = h
	}
	if l := lostIn(e, fields); l != nil && l.RequestID == "" {
		r.recording.Lost = l
	}
}

func (r *Recorder) invocation(request string) *Invocation {
	if r.byRequest[request] == nil {
		r.byRequest[request] = &Invocation{}
	}
	return r.byRequest[request]
}

// Invoked notes an invocation that has ended.
func (r *Recorder) Invoked(response *lambdaenv.Response, report *lambdaenv.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	inv := *r.invocation(report.RequestID)
	inv.Response, inv.Report, inv.early = *response, *report, r.early
	if n := len(r.recording.Invocations); n > 0 {
		inv.Renewed = r.recording.Invocations[n-1].Reset != ""
	}
	inv.finish(r.logged, r.recording.GoroutineOnly)
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
	r.release(nil)
	if report != nil && !r.recording.Reset {
		r.shutdown.ShutdownReport = *report
		r.recording.Shutdown = &r.shutdown
	}
	for _, renderer := range r.renderers {
		renderer.Ended(&r.recording)
	}
}
