package recording

import (
	"time"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// longestPending is the longest time that a response waits. A function without
// hooks is idle well before that, and a delay that short is not seen.
const longestPending = 200 * time.Millisecond

// A pending response is not recorded yet: it is not known what it was, or
// whether hooks follow. The entries after it wait with it.
type pending struct {
	entries  []lambdaenv.Entry
	answered bool
	response *lambdaenv.Response
	timer    *time.Timer // ends the wait for a sign of hooks; nil before there is one
}

// resolve records what is pending as soon as all is known about it.
func (r *Recorder) resolve() {
	if !r.pending.answered {
		return
	}
	if follow, known := r.hooksFollow(); known {
		r.release(follow)
		return
	}
	if r.pending.timer != nil {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(longestPending, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.pending.timer == timer {
			r.release(true) // something keeps the environment awake
		}
	})
	r.pending.timer = timer
}

// hooksFollow reports whether hooks run after the pending response, and whether
// that is known. No entry has when a hook begins: that there were any shows in
// the library's records, or in the environment staying awake.
func (r *Recorder) hooksFollow() (follow, known bool) {
	responded := r.pending.entries[0]
	if p := &r.pending; p.response == nil || p.response.FunctionError != "" {
		return false, true
	}
	if id := responded.RequestID; id != "" && (r.invocation(id).Hooks != nil || r.recording.env.idle == id) {
		return false, true // on AWS the way to the caller can take longer than they do
	}
	for _, e := range r.pending.entries[1:] {
		switch e.Kind {
		case lambdaenv.Line:
			if isAboutHook(e) || e.Time.Sub(responded.Time) >= longestPending {
				return true, true
			}
		case lambdaenv.Idle, lambdaenv.Reset, lambdaenv.Signaled, lambdaenv.Exited, lambdaenv.ShutdownBegan:
			return false, true
		}
	}
	return false, false
}

// isAboutHook reports whether e is one of the library's records about hooks
// that were registered in an invocation.
func isAboutHook(e lambdaenv.Entry) bool {
	if e.Source != lambdaenv.Function {
		return false
	}
	switch Message(recordIn(e)) {
	case record.Hooks, record.HookFinished, record.HookFailed, record.HookAbandoned:
		return true
	}
	return false
}

// release records what is pending.
func (r *Recorder) release(hooksFollow bool) {
	p := r.pending
	r.pending = pending{}
	if p.timer != nil {
		p.timer.Stop()
	}
	for _, e := range p.entries {
		r.add(e, p.response, hooksFollow && e.Kind == lambdaenv.Responded)
	}
}
