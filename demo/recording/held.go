package recording

import (
	"strings"
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// undecided is how long a response is held back at the most. A function without
// hooks is idle well before that, and nobody sees a delay that short.
const undecided = 200 * time.Millisecond

// A held is a response that is not recorded yet: it is not known what it was,
// or whether hooks follow. What comes after it waits with it.
type held struct {
	entries  []lambdaenv.Entry
	answered bool
	response *lambdaenv.Response
	timer    *time.Timer // ends the wait for a sign of hooks; nil before there is one
}

// settle records what is held as soon as all is known about it.
func (r *Recorder) settle() {
	if !r.held.answered {
		return
	}
	if follow, known := r.hooksFollow(); known {
		r.release(follow)
		return
	}
	if r.held.timer != nil {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(undecided, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.held.timer == timer {
			r.release(true) // something keeps the environment awake
		}
	})
	r.held.timer = timer
}

// hooksFollow reports whether hooks run after the response that is held, and
// whether that is known. Nobody tells when a hook begins: that there were any
// is known from the library's records, or from the environment staying awake.
func (r *Recorder) hooksFollow() (follow, known bool) {
	first := r.held.entries[0]
	if h := &r.held; h.response == nil || h.response.FunctionError != "" {
		return false, true
	}
	if first.RequestID != "" && (r.invocations.get(first.RequestID).Hooks != nil || r.idle == first.RequestID) {
		return false, true // on AWS the way to the caller can take longer than they do
	}
	for _, e := range r.held.entries[1:] {
		switch e.Kind {
		case lambdaenv.Line:
			if aboutHook(e) || e.Time.Sub(first.Time) >= undecided {
				return true, true
			}
		case lambdaenv.Idle, lambdaenv.Reset, lambdaenv.Signaled, lambdaenv.Exited, lambdaenv.ShutdownBegan:
			return false, true
		}
	}
	return false, false
}

// aboutHook reports whether e is one of the library's records about hooks that
// were registered in an invocation.
func aboutHook(e lambdaenv.Entry) bool {
	if e.Source != lambdaenv.Function || !strings.Contains(e.Text, "postinvoke: hook") {
		return false
	}
	switch Message(Fields(e.Text)) {
	case record.Hooks, record.HookFinished, record.HookFailed, record.HookAbandoned:
		return true
	}
	return false
}

// release records what is held.
func (r *Recorder) release(hooksFollow bool) {
	h := r.held
	r.held = held{}
	if h.timer != nil {
		h.timer.Stop()
	}
	for _, e := range h.entries {
		m := h.moment(e, r.recording.Began)
		m.HooksFollow = hooksFollow && e.Kind == lambdaenv.Responded
		r.add(m)
	}
}

// moment is that of an entry that is held.
func (h *held) moment(e lambdaenv.Entry, began time.Time) Moment {
	m := Moment{Entry: e, Since: e.Time.Sub(began)}
	if e.Kind == lambdaenv.Responded {
		m.Response = h.response
	}
	return m
}
