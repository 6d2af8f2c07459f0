package recording

import (
	"maps"
	"slices"
	"strings"

	"example.com/postinvoke/lambdaenv"
)

// keep adds a moment to the recording. One that goes on without end forgets
// what is older than its last invocations, and what needs most room.
func (r *Recorder) keep(m Moment) {
	if r.recording.Last > 0 {
		if m.Kind == Called {
			r.forget()
		}
		if isLineOf(&m, lambdaenv.Function) && !strings.Contains(m.Text, "postinvoke: ") {
			return
		}
	}
	r.recording.Moments = append(r.recording.Moments, m)
}

// forget leaves out what came before the last invocations, but for the Init
// phase of their environment, which tells what there is in it.
func (r *Recorder) forget() {
	all := r.recording.Moments
	cut, calls := len(all), 0
	for cut > 0 && calls < r.recording.Last {
		if cut--; all[cut].Kind == Called {
			calls++
		}
	}
	var kept []Moment
	for _, m := range all[:cut] {
		if m.Kind == lambdaenv.InitStarted {
			kept = nil
		}
		if len(kept) > 0 && kept[len(kept)-1].Kind == lambdaenv.InitDone {
			continue
		}
		if len(kept) > 0 || m.Kind == lambdaenv.InitStarted {
			kept = append(kept, m)
		}
	}
	r.recording.Moments = append(kept, all[cut:]...)
	if moments := r.recording.Moments; len(moments) > 0 {
		for len(r.recording.origins) > 1 && r.recording.origins[1] <= moments[0].Since {
			r.recording.origins = r.recording.origins[1:]
		}
	}
	r.recording.Invocations = slices.Clone(r.recording.Invocations[max(0, len(r.recording.Invocations)-r.recording.Last):])

	known := map[string]bool{}
	for _, m := range r.recording.Moments {
		known[m.RequestID] = true
	}
	maps.DeleteFunc(r.hooks, func(id string, _ *Hooks) bool { return !known[id] })
	maps.DeleteFunc(r.spoilt, func(id string, _ bool) bool { return !known[id] })
	maps.DeleteFunc(r.fates.of, func(id string, _ *Fate) bool { return !known[id] })
}
